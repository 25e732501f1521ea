import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { DynamoStore } from "../../adapters/aws/dynamodb/dynamo-store.ts";
import { COORDINATION_BLOCK } from "../../core/domain/subtask.ts";
import { listSubtasks } from "../../core/services/gangs/list-subtasks.ts";
import { addJob } from "../../core/services/jobs/add-job.ts";
import { addPool } from "../../core/services/pools/add-pool.ts";
import { addTasks } from "../../core/services/tasks/add-tasks.ts";
import { getTask } from "../../core/services/tasks/read-tasks.ts";
import { type TestTable, testTable } from "../support/dynamo-table.ts";
import { jobSpec, poolSpec, TestWorld } from "../support/world.ts";

const dynamo = inject("dynamo");
/** More than one block of coordination. */
const INSTANCES = COORDINATION_BLOCK + 1;

describe.skipIf("missing" in dynamo)("a multi-instance task on a table", () => {
  let open: TestTable;
  let world: TestWorld;
  beforeAll(async () => {
    open = await testTable("url" in dynamo ? dynamo.url : "");
    world = new TestWorld(new DynamoStore({ client: open.client, table: open.table }));
    await addPool(world.context, poolSpec("p", INSTANCES, { enableInterNodeCommunication: true }));
    await addJob(world.context, jobSpec("j", "p"));
    await world.settle();
  }, 60_000);
  afterAll(() => open.drop());

  const instances = () => [...world.nodes.values()].filter((node) => node.running.has("t"));

  it("is given to all its nodes, begins when all have coordinated, runs anew when one fails, and ends everywhere", async () => {
    const multiInstanceSettings = { numberOfInstances: INSTANCES, coordinationCommandLine: "listen" };
    const constraints = { maxTaskRetryCount: 1 };
    await addTasks(world.context, "j", [{ id: "t", commandLine: "mpirun", requiredSlots: 1, multiInstanceSettings, constraints }]);
    await world.settle();
    expect(instances()).toHaveLength(INSTANCES);
    const failing = instances().find((node) => node.running.get("t")?.order.multi?.instance === INSTANCES - 1);
    await failing?.end("t", { exitCode: 1, failure: { category: "usererror", code: "FailureExitCode" } });
    await world.settle();
    expect(await getTask(world.context, "j", "t")).toMatchObject({ state: "running", attempt: 2, retryCount: 1 });
    expect(instances()).toHaveLength(INSTANCES);
    const begun = () => [...world.nodes.values()].flatMap((node) => node.heard.filter(({ kind }) => kind === "begin")).length;
    for (const [index, node] of instances().entries()) {
      expect(begun(), `${index} have coordinated`).toBe(0);
      await node.coordinate("t");
      await world.settle();
    }
    expect(begun()).toBe(1);
    await instances()
      .find((node) => node.running.get("t")?.order.multi?.instance === 0)
      ?.end("t");
    await world.settle();
    expect(instances()).toEqual([]);
    const { task, subtasks } = await listSubtasks(world.context, "j", "t");
    expect(task).toMatchObject({ state: "completed", result: "success" });
    expect(subtasks.map(({ instance, state }) => [instance, state])).toEqual(
      Array.from({ length: INSTANCES - 1 }, (_, i) => [i + 1, "completed"]),
    );
  });
});
