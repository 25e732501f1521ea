import { describe, expect, it } from "vitest";
import { addJob } from "../../../core/services/jobs/add-job.ts";
import { addPool } from "../../../core/services/pools/add-pool.ts";
import { checkHeldLeases } from "../../../core/services/reports/check-held-leases.ts";
import { addTasks } from "../../../core/services/tasks/add-tasks.ts";
import { jobSpec, poolSpec, TestWorld, taskSpecs } from "../../support/world.ts";

const AGES_S = [1, 9, 11];

describe("a lease that its node does not hold", () => {
  /** How often it is recalled when it is missed once, so many seconds after it was granted. */
  const recalls = async (age: number, startedAt: (grantedAt: number) => number | undefined) => {
    const world = new TestWorld();
    await addPool(world.context, poolSpec("p", 1));
    await world.settle();
    await addJob(world.context, jobSpec("j", "p"));
    await addTasks(world.context, "j", taskSpecs(1));
    await world.settle();
    const granted = world.clock.now();
    const node = world.node();
    await world.clock.advance(age * 1000);
    const started = startedAt(granted);
    const settings = { ...world.context.settings, ...(started === undefined ? {} : { startedAt: started }) };
    const context = { ...world.context, settings };
    await checkHeldLeases(context, { poolId: "p", nodeId: node.id }, node.machine.machineId, []);
    await world.settle();
    return node.heard.filter(({ kind }) => kind === "recall").length;
  };

  it("is recalled when it can no longer be on its way", async () => {
    expect(await Promise.all(AGES_S.map((age) => recalls(age, () => undefined)))).toEqual([0, 0, 1]);
  });

  it("is recalled at once when it was granted before the control plane started, with which what was on its way has gone", async () => {
    expect(await Promise.all(AGES_S.map((age) => recalls(age, (granted) => granted + 500)))).toEqual([1, 1, 1]);
    expect(await Promise.all(AGES_S.map((age) => recalls(age, (granted) => granted - 500)))).toEqual([0, 0, 1]);
  });
});
