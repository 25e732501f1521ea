import { expect, it } from "vitest";
import { MemoryStore } from "../../../adapters/memory/memory-store.ts";
import { addJob } from "../../../core/services/jobs/add-job.ts";
import { getJob } from "../../../core/services/jobs/read-jobs.ts";
import { updateJob } from "../../../core/services/jobs/update-job.ts";
import { addPool } from "../../../core/services/pools/add-pool.ts";
import { addTasks } from "../../../core/services/tasks/add-tasks.ts";
import { reactivateTask } from "../../../core/services/tasks/reactivate-task.ts";
import { countTasks, getTask, listTasks } from "../../../core/services/tasks/read-tasks.ts";
import { jobSpec, poolSpec, TestWorld, taskSpecs } from "../../support/world.ts";

/** A job whose one task has failed, in a world where something may happen just before the next batch, or the next write, of tasks. */
async function jobWithFailedTask() {
  const store = new MemoryStore();
  let before: (() => Promise<void>) | undefined;
  const interrupt = async (pk: string | undefined) => {
    if (!pk?.startsWith("task#") || !before) return;
    const happen = before;
    before = undefined;
    await happen();
  };
  const write = store.write.bind(store);
  const batch = store.batch.bind(store);
  store.write = async (one) => {
    await interrupt(one.kind === "insert" ? one.item.pk : one.key.pk);
    return write(one);
  };
  store.batch = async (all) => {
    await interrupt(all[0]?.kind === "insert" ? all[0].item.pk : undefined);
    return batch(all);
  };
  const world = new TestWorld(store);
  const dump = () => store.dump();
  await addPool(world.context, poolSpec("p", 1));
  await addJob(world.context, jobSpec("j", "p"));
  await addTasks(world.context, "j", taskSpecs(1));
  await world.settle();
  await world.node().end("t0000", { exitCode: 3, failure: { category: "usererror", code: "FailureExitCode" } });
  await world.settle();
  return {
    world,
    dump,
    endBeforeNext: () => {
      before = () => world.settle();
    },
  };
}

it("refuses tasks that come as their job ends with its last one, and leaves nothing of them", async () => {
  const { world, endBeforeNext, dump } = await jobWithFailedTask();
  await updateJob(world.context, "j", { onAllTasksComplete: "terminatejob" });
  endBeforeNext();
  await expect(addTasks(world.context, "j", taskSpecs(4).slice(1))).rejects.toMatchObject({ code: "JobCompleted" });
  await world.pass(130);
  expect((await listTasks(world.context, "j", { limit: 10 })).items.map(({ id }) => id)).toEqual(["t0000"]);
  expect((await countTasks(world.context, "j")).tasks).toMatchObject({ active: 0, completed: 1, failed: 1 });
  expect(dump().filter(({ pk }) => pk.startsWith("waiting#"))).toEqual([]);
});

it("refuses a reactivation that comes as the job ends, and leaves the task as it was", async () => {
  const { world, endBeforeNext } = await jobWithFailedTask();
  const failed = await getTask(world.context, "j", "t0000");
  await updateJob(world.context, "j", { onAllTasksComplete: "terminatejob" });
  endBeforeNext();
  await expect(reactivateTask(world.context, "j", "t0000")).rejects.toMatchObject({ code: "JobCompleted" });
  await world.pass(15);
  expect(await getTask(world.context, "j", "t0000")).toEqual(failed);
  expect((await getJob(world.context, "j")).state).toBe("completed");
  expect((await countTasks(world.context, "j")).tasks).toMatchObject({ active: 0, failed: 1 });
});
