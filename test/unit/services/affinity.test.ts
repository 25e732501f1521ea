import { beforeEach, expect, it } from "vitest";
import type { TaskSpec } from "../../../core/domain/specs.ts";
import { addJob } from "../../../core/services/jobs/add-job.ts";
import { rebootNode } from "../../../core/services/nodes/restart-node.ts";
import { addPool } from "../../../core/services/pools/add-pool.ts";
import { addTasks } from "../../../core/services/tasks/add-tasks.ts";
import { reactivateTask } from "../../../core/services/tasks/reactivate-task.ts";
import { getTask } from "../../../core/services/tasks/read-tasks.ts";
import { jobSpec, poolSpec, TestWorld } from "../../support/world.ts";

let world: TestWorld;
/** The last of them: by themselves, tasks would go elsewhere. */
let preferred: string;

beforeEach(async () => {
  world = new TestWorld();
  await addPool(world.context, poolSpec("p", 4, { taskSlotsPerNode: 4 }));
  await addJob(world.context, jobSpec("j", "p", { usesTaskDependencies: true }));
  await world.settle();
  preferred = world.node(3).id;
});

const spec = (id: string, more: Partial<TaskSpec> = {}): TaskSpec => ({ id, commandLine: "x", requiredSlots: 1, ...more });
const drawn = (id: string, more: Partial<TaskSpec> = {}) => spec(id, { affinityInfo: { affinityId: `TVM:${preferred}` }, ...more });
async function add(...specs: TaskSpec[]): Promise<void> {
  for (const outcome of await addTasks(world.context, "j", specs)) if ("refusal" in outcome) throw outcome.refusal;
  await world.settle();
}
const nodeOf = async (id: string) => (await getTask(world.context, "j", id)).node?.nodeId;
async function end(id: string, exitCode = 0): Promise<void> {
  const node = [...world.nodes.values()].find(({ running }) => running.has(id));
  await node?.end(id, exitCode === 0 ? { exitCode } : { exitCode, failure: { category: "usererror", code: "FailureExitCode" } });
  await world.settle();
}

it.each<[string, NonNullable<TaskSpec["dependsOn"]>]>([
  ["one task", { taskIds: ["1"] }],
  ["several", { taskIds: ["1", "2"] }],
  ["a range", { taskIdRanges: [{ start: 1, end: 2 }] }],
  ["more than one group holds", { taskIds: ["1", ...Array.from({ length: 40 }, (_, i) => `x${i}`)] }],
])("a task that waited for %s goes to the node that it has an affinity to", async (_what, dependsOn) => {
  const others = dependsOn.taskIds?.slice(1) ?? [];
  await add(drawn("t", { dependsOn }), ...[...new Set(["1", "2", ...others])].map((id) => spec(id)));
  for (let round = 0; round < 12; round++) {
    for (const node of world.nodes.values()) for (const id of [...node.running.keys()]) if (id !== "t") await end(id);
  }
  expect(await nodeOf("t")).toBe(preferred);
});

it("a task that was added after what it waits for does so, too", async () => {
  await add(spec("1"));
  await end("1");
  await add(drawn("t", { dependsOn: { taskIds: ["1"] } }));
  expect(await nodeOf("t")).toBe(preferred);
});

it("a task that is tried again does so, also when it is queued again by its user, or reactivated", async () => {
  await add(drawn("t", { constraints: { maxTaskRetryCount: 1 } }));
  await end("t", 1);
  expect(await getTask(world.context, "j", "t")).toMatchObject({ state: "running", retryCount: 1, node: { nodeId: preferred } });
  await end("t", 1);
  await reactivateTask(world.context, "j", "t");
  await world.settle();
  expect(await nodeOf("t")).toBe(preferred);
});

it("a task goes elsewhere while that node cannot take it", async () => {
  await add(drawn("t"));
  await rebootNode(world.context, "p", preferred, "requeue");
  await world.settle();
  expect(await getTask(world.context, "j", "t")).toMatchObject({ state: "running", requeueCount: 1 });
  expect(await nodeOf("t")).not.toBe(preferred);
});
