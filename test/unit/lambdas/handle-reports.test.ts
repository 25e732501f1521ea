import { beforeEach, describe, expect, it } from "vitest";
import type { TaskEnd } from "../../../core/protocol/messages.ts";
import { nodeSecret, type SignedReport, signReport } from "../../../core/protocol/signed-report.ts";
import { addJob } from "../../../core/services/jobs/add-job.ts";
import { addPool } from "../../../core/services/pools/add-pool.ts";
import { addTasks } from "../../../core/services/tasks/add-tasks.ts";
import { getTask } from "../../../core/services/tasks/read-tasks.ts";
import { reportsHandler } from "../../../lambdas/handle-reports.ts";
import { sqsEvent } from "../../support/lambda-events.ts";
import { jobSpec, poolSpec, TestWorld, taskSpecs } from "../../support/world.ts";

const KEY = "the service's own";
const MINUTE = 60_000;

describe("the function that records reports", () => {
  let world: TestWorld;
  let logged: unknown[];
  let handle: ReturnType<typeof reportsHandler>;
  beforeEach(async () => {
    world = new TestWorld();
    logged = [];
    const log = (_level: string, event: string, fields = {}) => void logged.push([event, fields]);
    handle = reportsHandler({ context: world.context, log, nodeKey: async () => KEY, accountKeys: async () => [] });
    await addPool(world.context, poolSpec("pool", 1, { taskSlotsPerNode: 2 }));
    await addJob(world.context, jobSpec("job", "pool"));
    await addTasks(world.context, "job", taskSpecs(2));
    await world.settle();
  });

  const states = async () => Promise.all(["t0000", "t0001"].map(async (id) => (await getTask(world.context, "job", id)).state));
  /** The node's word that a task has ended, signed with whatever key. */
  function ended(taskId: string, { key = KEY, at = world.clock.now() } = {}): SignedReport {
    const node = world.node();
    const { machineId, dedicated } = node.machine;
    const claims = { machineId, poolId: node.poolId, dedicated };
    const { task, attempt } = node.running.get(taskId)?.order ?? { task: { jobId: "", uid: "", taskId }, attempt: 0 };
    const end: TaskEnd = { startTime: world.iso(), endTime: world.iso(), exitCode: 0 };
    const report = { boot: 1, seq: 9, events: [{ kind: "task-finished" as const, task, attempt, end }], load: node.load() };
    return signReport(nodeSecret(key, claims), claims, at, report);
  }

  it("takes what a node signed, and refuses and logs what came beside it", async () => {
    const forged = ended("t0001", { key: "guessed" });
    const answer = await handle(sqsEvent([ended("t0000"), forged, { hello: 1 }], { sentAt: world.clock.now() }));
    expect(answer).toEqual({ batchItemFailures: [] });
    expect(await states()).toEqual(["completed", "running"]);
    expect(logged).toEqual([
      ["report refused", { messageId: "m1", reason: "wrong signature" }],
      ["report refused", { messageId: "m2", reason: "malformed" }],
    ]);
  });

  it("refuses and logs a report in which anything was changed after it was signed", async () => {
    const genuine = ended("t0000");
    const other = { ...genuine, report: genuine.report.replace('"exitCode":0', '"exitCode":1') };
    const elsewhere = { ...genuine, machineId: "another" };
    await handle(sqsEvent([other, elsewhere, { ...genuine, at: genuine.at + 1 }], { sentAt: world.clock.now() }));
    expect(await states()).toEqual(["running", "running"]);
    expect(logged).toHaveLength(3);
  });

  it("refuses and logs one that is sent again a quarter of an hour after it was signed; sent again before, it changes nothing", async () => {
    const report = ended("t0000");
    await handle(sqsEvent([report], { sentAt: report.at + 16 * MINUTE }));
    expect(await states()).toEqual(["running", "running"]);
    expect(logged).toEqual([["report refused", { messageId: "m0", reason: "replayed" }]]);
    for (let i = 0; i < 2; i++) await handle(sqsEvent([report], { sentAt: report.at + i * MINUTE }));
    expect(await states()).toEqual(["completed", "running"]);
  });
});
