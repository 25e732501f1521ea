import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { DynamoStore } from "../../adapters/aws/dynamodb/dynamo-store.ts";
import { getJob } from "../../core/services/jobs/read-jobs.ts";
import { listPools } from "../../core/services/pools/read-pools.ts";
import { addSchedule } from "../../core/services/schedules/add-schedule.ts";
import { deleteSchedule, terminateSchedule } from "../../core/services/schedules/end-schedule.ts";
import { lookAtSchedule } from "../../core/services/schedules/look-at-schedule.ts";
import { getSchedule, listJobsOfSchedule } from "../../core/services/schedules/read-schedules.ts";
import { testTable } from "../support/dynamo-table.ts";
import { liveUntil } from "../support/time-travel.ts";
import { jobSpec, poolSpec, TestWorld } from "../support/world.ts";

const dynamo = inject("dynamo");
const MINUTE = 60_000;

describe.skipIf("missing" in dynamo)("a job schedule on DynamoDB Local", () => {
  let table: Awaited<ReturnType<typeof testTable>>;
  beforeAll(async () => {
    table = await testTable("url" in dynamo ? dynamo.url : "");
  });
  afterAll(() => table.drop());

  it("starts one job a run with a pool for all, however many look at once, and goes with all it had", async () => {
    const world = new TestWorld(new DynamoStore({ client: table.client, table: table.table }));
    const { context, clock } = world;
    const began = clock.now();
    const { id: _pool, ...pool } = poolSpec("x", 0);
    const poolInfo = { autoPoolSpecification: { poolLifetimeOption: "jobschedule" as const, keepAlive: false, pool } };
    const { id: _job, ...jobSpecification } = jobSpec("x", "", { poolInfo, onAllTasksComplete: "terminatejob" });
    await addSchedule(context, { id: "s", schedule: { recurrenceInterval: "PT10M", startWindow: "PT1M" }, jobSpecification });
    const { uid } = await getSchedule(context, "s");
    await Promise.all([1, 2, 3].map(() => lookAtSchedule(context, { scheduleId: "s", uid })));
    await liveUntil(world, began + 25 * MINUTE);
    const jobs = (await listJobsOfSchedule(context, "s", { limit: 10 })).items;
    expect(jobs.map(({ id, state }) => [id, state])).toEqual([1, 2, 3].map((run) => [`s:job-${run}`, "completed"]));
    expect(new Set(jobs.map(({ autoPoolId }) => autoPoolId)).size).toBe(1);
    expect((await listPools(context, { limit: 10 })).items).toHaveLength(1);
    expect(await getSchedule(context, "s")).toMatchObject({ runs: 3, next: began + 30 * MINUTE });
    await terminateSchedule(context, "s");
    await world.settle();
    expect((await getSchedule(context, "s")).state).toBe("completed");
    expect((await getJob(context, "s:job-3")).terminateReason).toBe("AllTasksComplete");
    expect((await listPools(context, { limit: 10 })).items).toEqual([]);
    await deleteSchedule(context, "s");
    await liveUntil(world, began + 30 * MINUTE);
    await expect(getSchedule(context, "s")).rejects.toMatchObject({ code: "JobScheduleNotFound" });
  });
});
