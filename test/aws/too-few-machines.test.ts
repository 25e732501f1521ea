import { describe, expect, it } from "vitest";
import type { Fleet } from "../../core/ports/fleet.ts";
import type { Context } from "../../core/services/context.ts";
import { addJob } from "../../core/services/jobs/add-job.ts";
import { readCounts } from "../../core/services/jobs/counts.ts";
import { addPool } from "../../core/services/pools/add-pool.ts";
import { getPool } from "../../core/services/pools/read-pools.ts";
import { addTasks } from "../../core/services/tasks/add-tasks.ts";
import { ec2Machines } from "../support/ec2-machines.ts";
import { emulator } from "../support/emulator.ts";
import { TestNode } from "../support/test-node.ts";
import { jobSpec, poolSpec, TestWorld, taskSpecs } from "../support/world.ts";

describe.skipIf(emulator().missing)("a fleet that gives 3 of 8 machines", () => {
  it("becomes a resize error of the pool, and the 3 work", async () => {
    const { fleet, client } = await ec2Machines(3);
    const world = new TestWorld();
    const onEc2: Fleet = {
      launch: async (request) => {
        const launched = await fleet.launch(request);
        for (const machine of launched.machines) world.nodes.set(machine.machineId, new TestNode(world, request.pool.poolId, machine));
        return launched;
      },
      list: (pool) => fleet.list(pool),
      terminate: (pool, ids) => fleet.terminate(pool, ids),
      reboot: (pool, ids) => fleet.reboot(pool, ids),
      reimage: (pool, ids) => fleet.reimage(pool, ids),
      stop: (pool, ids) => fleet.stop(pool, ids),
      start: (pool, ids) => fleet.start(pool, ids),
    };
    Object.assign(world.context, { fleet: onEc2 } satisfies Partial<Context>);
    const { context } = world;
    await addPool(context, poolSpec("pool", 8));
    const job = await addJob(context, jobSpec("job", "pool"));
    await addTasks(context, "job", taskSpecs(6));
    await world.settle();
    expect(await getPool(context, "pool")).toMatchObject({
      allocationState: "steady",
      currentDedicatedNodes: 3,
      resizeErrors: [{ code: "AccountCoreQuotaReached", message: expect.stringMatching(/^5 /) }],
    });
    for (let round = 0; round < 2; round++) {
      for (const node of world.nodes.values()) for (const taskId of [...node.running.keys()]) await node.end(taskId);
      await world.settle();
    }
    expect((await readCounts(context, { jobId: "job", uid: job.uid })).counts.tasks.succeeded).toBe(6);
    client.destroy();
  });
});
