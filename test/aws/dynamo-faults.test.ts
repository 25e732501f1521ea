import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { DynamoStore } from "../../adapters/aws/dynamodb/dynamo-store.ts";
import { StoreError, type Update, type Write } from "../../core/ports/store.ts";
import { type Fault, withBrokenBatches, withFaults } from "../support/aws-faults.ts";
import { type TestTable, testTable } from "../support/dynamo-table.ts";
import { idlePool, type Load, runTasks } from "../support/task-life.ts";
import { TestWorld } from "../support/world.ts";

const dynamo = inject("dynamo");

describe.skipIf("missing" in dynamo)("a store on a table that has a bad day", () => {
  let open: TestTable;
  let pauses: number[];
  beforeEach(async () => {
    open = await testTable("url" in dynamo ? dynamo.url : "");
    pauses = [];
  });
  afterEach(() => open.drop());

  const faulty = (...faults: Fault[]) => {
    const requests = withFaults(open.client, faults);
    const store = new DynamoStore({ client: open.client, table: open.table, pause: async (ms) => void pauses.push(ms) });
    return { store, requests };
  };
  const key = { pk: "p", sk: "a" };
  const insert: Write = { kind: "insert", item: { ...key, n: 1, who: "me" } };
  const update: Update = { kind: "update", key, set: { n: 2, by: { name: "me" } }, remove: ["who"], when: { equals: { n: 1 } } };
  const throttled: Fault = { kind: "refused", name: "ThrottlingException" };
  const lost: Fault = { kind: "lost" };
  const broken: Fault = { kind: "broken" };

  it.each([
    ["throttled", throttled],
    ["a conflict", { kind: "refused", name: "TransactionConflictException" }],
    ["a lost answer", lost],
    ["a lost request", broken],
  ] as [string, Fault][])("makes each write once in spite of %s", async (_, fault) => {
    const { store } = faulty(fault, fault);
    expect(await store.write(insert)).toMatchObject({ ok: true });
    const again = faulty(fault, fault).store;
    expect(await again.write(update)).toEqual({ ok: true, item: { ...key, n: 2, by: { name: "me" } } });
    expect(await faulty(fault).store.write({ kind: "delete", key, when: { equals: { n: 2 } } })).toEqual({ ok: true });
    expect(await store.get(key)).toBeUndefined();
    expect(pauses.length).toBeGreaterThan(0);
  });

  it("does not take another's write for its own when an answer was lost", async () => {
    const { store } = faulty();
    await store.write({ kind: "insert", item: { ...key, n: 1, who: "another" } });
    expect(await faulty(broken).store.write(insert)).toEqual({ ok: false, reason: "exists" });
    await store.write({ kind: "update", key, set: { n: 2, by: { name: "another" } } });
    expect(await faulty(broken).store.write(update)).toMatchObject({ ok: false, reason: "condition", item: { by: { name: "another" } } });
  });

  it("never adds twice: an addition whose answer was lost is the caller's to decide", async () => {
    await faulty().store.write(insert);
    const add: Write = { kind: "update", key, add: { n: 1 } };
    await expect(faulty(lost).store.write(add)).rejects.toMatchObject({ name: "StoreError", retryable: true });
    expect(await faulty().store.get(key)).toMatchObject({ n: 2 });
    expect(await faulty(throttled).store.write(add)).toMatchObject({ item: { n: 3 } });
  });

  it("makes the writes of a batch once, whatever became of its first tries", async () => {
    const writes: Write[] = Array.from({ length: 25 }, (_, n) => ({ kind: "insert", item: { pk: "p", sk: `k${n}`, n } }));
    for (const fault of [throttled, lost, broken]) {
      const { store } = faulty();
      const outcomes = await faulty(fault, fault).store.batch(writes);
      expect(outcomes.every(({ ok }) => ok)).toBe(true);
      const updates = writes.map(
        (_, n): Write => ({ kind: "update", key: { pk: "p", sk: `k${n}` }, set: { n: -1 }, when: { equals: { n } } }),
      );
      expect((await faulty(fault).store.batch(updates)).map(({ ok }) => ok)).toEqual(updates.map(() => true));
      const deletes = writes.map((_, n): Write => ({ kind: "delete", key: { pk: "p", sk: `k${n}` }, when: { equals: { n: -1 } } }));
      expect((await faulty(fault).store.batch(deletes)).map(({ ok }) => ok)).toEqual(deletes.map(() => true));
      expect((await store.query({ pk: "p", limit: 1 })).items).toEqual([]);
    }
  });

  it("runs each task once though a fifth of all statements fails in the middle of batches", async () => {
    let state = 1;
    const random = () => {
      state = (state * 48_271) % 0x7fffffff;
      return state / 0x7fffffff;
    };
    const failed = withBrokenBatches(open.client, 0.1, random);
    const load: Load = { tasks: 300, nodes: 4, slotsPerNode: 4, taskMs: 100, everyMs: 250 };
    const world = new TestWorld(new DynamoStore({ client: open.client, table: open.table, pause: async () => {} }));
    await idlePool(world, load);
    await runTasks(world, load);
    expect(failed()).toBeGreaterThan(100);
    const orders = [...world.nodes.values()].flatMap(({ heard }) => heard.flatMap((one) => (one.kind === "run" ? one.tasks : [])));
    expect(orders.map(({ task, attempt }) => `${task.taskId} ${attempt}`).sort()).toEqual(
      Array.from({ length: load.tasks }, (_, n) => `t${String(n).padStart(4, "0")} 1`),
    );
  });

  it("makes a transaction once though its answer was lost", async () => {
    const { store } = faulty(lost, lost);
    expect(await store.transact([insert, { kind: "insert", item: { pk: "p", sk: "b" } }])).toMatchObject({ ok: true });
    expect(await store.transact([insert])).toMatchObject({ ok: false, outcomes: [{ reason: "exists" }] });
  });

  it("reads in spite of all of them", async () => {
    await faulty().store.write(insert);
    const { store } = faulty(throttled, broken, lost);
    expect(await store.get(key)).toMatchObject({ n: 1 });
    expect(await faulty(throttled).store.getMany([key])).toHaveLength(1);
    expect((await faulty(throttled).store.query({ pk: "p", limit: 1 })).items).toHaveLength(1);
  });

  it("gives up after eight tries and a few seconds, and says that it may be tried again", async () => {
    const { store, requests } = faulty(...Array.from({ length: 8 }, () => throttled));
    const error = await store.get(key).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StoreError);
    expect(error).toMatchObject({ retryable: true, message: expect.stringContaining("Try again") });
    expect(requests()).toBe(8);
    expect(pauses).toHaveLength(7);
    expect(pauses.reduce((sum, ms) => sum + ms, 0)).toBeLessThan(5_000);
  });

  it("says what to do where trying again does not help", async () => {
    const elsewhere = new DynamoStore({ client: open.client, table: "no-such-table" });
    await expect(elsewhere.get(key)).rejects.toMatchObject({ retryable: false, message: expect.stringContaining("Deploy the stack") });
  });
});
