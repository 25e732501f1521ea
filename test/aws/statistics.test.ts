import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { DynamoStore } from "../../adapters/aws/dynamodb/dynamo-store.ts";
import { addJob } from "../../core/services/jobs/add-job.ts";
import { addPool } from "../../core/services/pools/add-pool.ts";
import { deletePool } from "../../core/services/pools/delete-pool.ts";
import { lifetimeJobStats, lifetimePoolStats } from "../../core/services/stats/lifetime.ts";
import { listUsage } from "../../core/services/stats/pool-usage.ts";
import { rollUpLast } from "../../core/services/stats/roll-up-job.ts";
import { type TestTable, testTable } from "../support/dynamo-table.ts";
import { jobSpec, poolSpec, TestWorld } from "../support/world.ts";

const dynamo = inject("dynamo");
const JOBS = 20;
const MINUTE = 60_000;

describe.skipIf("missing" in dynamo)("the account's statistics on a table", () => {
  let open: TestTable;
  let world: TestWorld;
  beforeAll(async () => {
    open = await testTable("url" in dynamo ? dynamo.url : "");
    world = new TestWorld(new DynamoStore(open));
  });
  afterAll(() => open.drop());

  it("have each of many jobs once that are rolled up at the same moment, and again", async () => {
    const { store, keys } = world.context;
    const jobs = await Promise.all(Array.from({ length: JOBS }, (_, i) => addJob(world.context, jobSpec(`j${i}`, "p"))));
    for (const [i, job] of jobs.entries())
      await store.write({ kind: "update", key: keys.counts({ jobId: job.id, uid: job.uid }), add: { s: 1, w: i, gf: 2, rev: 1 } });
    for (const _time of [1, 2]) await Promise.all(jobs.map((job) => rollUpLast(world.context, job)));
    const wallMs = (JOBS * (JOBS - 1)) / 2;
    expect(await lifetimeJobStats(world.context)).toMatchObject({ succeeded: JOBS, failed: 2 * JOBS, wallMs });
  });

  it("have what a deleted pool used, by half hours too", async () => {
    await addPool(world.context, poolSpec("p", 2));
    await world.settle();
    await world.clock.advance(MINUTE);
    await deletePool(world.context, "p");
    await world.settle();
    expect(await lifetimePoolStats(world.context)).toMatchObject({ dedicated: 2 * 2 * MINUTE });
    const { items } = await listUsage(world.context, 0, world.clock.now() + MINUTE, { limit: 10 });
    expect(items.reduce((sum, { coreMs }) => sum + coreMs, 0)).toBe(2 * 2 * MINUTE);
  });
});
