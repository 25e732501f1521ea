import { describe, expect, it } from "vitest";
import type { LifeOf } from "../support/aws-life/aws-life.ts";
import { idleHourCost, lifeCost, type TaskCost } from "../support/aws-life/life-cost.ts";

/** Lambda's own number of pollers, with which messages are spread over the most calls. */
const short: LifeOf = { tasks: 10_000, nodes: 8, slotsPerNode: 4, taskMs: 100, pollers: 5 };
/** What is promised is 4, 3, 1.5 and 0.2; what is reached is held. */
const MOST: Omit<TaskCost, "rate" | "runs" | "detail"> = { writeUnits: 3.5, readUnits: 0.4, sqsRequests: 0.4, invocations: 0.07 };
const COUNTS = Object.keys(MOST) as (keyof typeof MOST)[];

describe("a plain short task's whole life on AWS, everything counted", () => {
  it("costs at most 3.5 write and 0.4 read units, 0.4 requests to SQS and 0.07 calls of functions, among 10,000 no more than among 1,000", async () => {
    const [few, many] = [await lifeCost({ ...short, tasks: 1_000 }), await lifeCost(short)];
    for (const count of COUNTS) {
      expect(many[count], many.detail).toBeLessThanOrEqual(MOST[count]);
      expect(many[count]).toBeLessThanOrEqual(few[count] * 1.05);
    }
    // 32 slots run 320 in a second at most.
    expect(many.rate).toBeGreaterThan(280);
  });

  it("costs less where one poller gathers all that comes: 0.3 requests to SQS and 0.05 calls", async () => {
    const { sqsRequests, invocations, detail } = await lifeCost({ ...short, pollers: 1 });
    expect(sqsRequests, detail).toBeLessThanOrEqual(0.3);
    expect(invocations, detail).toBeLessThanOrEqual(0.05);
  });

  it("costs the same each time", async () => {
    const load = { ...short, tasks: 500, taskMs: 400 };
    expect(await lifeCost(load)).toEqual(await lifeCost(load));
  });
});

it("costs a node among 200, for an hour with nothing to do, 180 long polls and at most 55 requests to SQS, 13 writes, 60 reads and 13 calls", async () => {
  const { writeUnits, readUnits, sqsRequests, invocations, detail } = await idleHourCost(200);
  expect(writeUnits, detail).toBeLessThanOrEqual(13);
  expect(readUnits, detail).toBeLessThanOrEqual(60);
  expect(sqsRequests, detail).toBeLessThanOrEqual(180 + 55);
  expect(invocations, detail).toBeLessThanOrEqual(13);
});

it("is lived once though every message comes twice, late and in no order", async () => {
  const { runs, writeUnits } = await lifeCost({ ...short, tasks: 1_000, badDay: true });
  expect(runs).toBe(1);
  expect(writeUnits).toBeGreaterThan(3);
});
