import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type Item,
  MAX_BATCH,
  MAX_TRANSACTION,
  type Outcome,
  type Page,
  type Query,
  type Store,
  StoreError,
} from "../../core/ports/store.ts";
import { modelCommands, runModel } from "./store-model.ts";

export interface OpenStore {
  readonly store: Store;
  close(): Promise<void>;
}

/** The whole promise of the store port. Asks nothing that DynamoDB cannot give. */
export function storeContract(name: string, make: () => Promise<OpenStore>): void {
  describe(`${name} keeps the store's promises`, () => {
    let open: OpenStore;
    let store: Store;
    beforeEach(async () => {
      open = await make();
      store = open.store;
    });
    afterEach(() => open.close());

    const item = (sk: string, attributes: Record<string, Item[string]> = {}, pk = "p"): Item => ({ ...attributes, pk, sk });
    const insert = (it: Item) => store.write({ kind: "insert", item: it });
    const key = (sk: string, pk = "p") => ({ pk, sk });

    describe("get", () => {
      it("answers what was inserted, and undefined for what was not", async () => {
        const stored = item("a", {
          text: "x",
          number: 1.5,
          yes: true,
          nothing: null,
          list: [1, ["2"], {}],
          map: { deep: { er: "" } },
        });
        expect(await insert(stored)).toMatchObject({ ok: true, item: stored });
        expect(await store.get(key("a"))).toEqual(stored);
        expect(await store.get(key("b"))).toBeUndefined();
        expect(await store.get(key("a", "q"))).toBeUndefined();
      });

      it("keeps partitions apart whose keys run into one another", async () => {
        await insert(item("b", { n: 1 }, "p#a"));
        expect(await store.get({ pk: "p#", sk: "ab" })).toBeUndefined();
        expect((await store.query({ pk: "p#", limit: 9 })).items).toEqual([]);
        expect((await store.query({ pk: "p", limit: 9 })).items).toEqual([]);
      });

      it("of many answers one place per key, in order, also for a key named twice", async () => {
        for (const sk of ["a", "b", "c"]) await insert(item(sk));
        const found = await store.getMany([key("c"), key("x"), key("a"), key("c")]);
        expect(found.map((one) => one?.sk)).toEqual(["c", undefined, "a", "c"]);
        expect(await store.getMany([])).toEqual([]);
      });

      it("of more than 100 keys is refused", async () => {
        const keys = Array.from({ length: 101 }, (_, n) => key(`k${n}`));
        expect(await store.getMany(keys.slice(1))).toHaveLength(100);
        await expectRefused(store.getMany(keys));
      });
    });

    describe("insert", () => {
      it("of a key that is taken changes nothing and says so", async () => {
        await insert(item("a", { n: 1 }));
        expect(await insert(item("a", { n: 2 }))).toMatchObject({ ok: false, reason: "exists" });
        expect(await store.get(key("a"))).toEqual(item("a", { n: 1 }));
      });

      it("refuses an item over 400 KB, for good, and takes one just below", async () => {
        await expectRefused(insert(item("big", { text: "x".repeat(400 * 1024) })));
        expect(await store.get(key("big"))).toBeUndefined();
        expect(await insert(item("big", { text: "ä".repeat(199 * 1024) }))).toMatchObject({ ok: true });
        expect((await store.get(key("big")))?.text).toHaveLength(199 * 1024);
      });

      it("refuses empty keys, sort keys over 1024 bytes, names that are empty, and values that are not JSON", async () => {
        await expectRefused(insert(item("")));
        await expectRefused(insert(item("a", {}, "")));
        await expectRefused(insert(item("ä".repeat(513))));
        expect(await insert(item("ä".repeat(512)))).toMatchObject({ ok: true });
        expect(await store.get(key("ä".repeat(512)))).toBeDefined();
        for (const value of [Number.NaN, Number.POSITIVE_INFINITY, undefined, new Date(), { "": 1 }]) {
          await expectRefused(insert(item("a", { value: value as unknown as string })));
        }
        await expectRefused(insert(item("a", { "": 1 })));
        expect(await store.get(key("a"))).toBeUndefined();
      });
    });

    describe("update", () => {
      it("of what is not there is missing, with a condition and without", async () => {
        expect(await store.write({ kind: "update", key: key("a"), set: { n: 1 } })).toEqual({ ok: false, reason: "missing" });
        expect(await store.write({ kind: "update", key: key("a"), set: { n: 1 }, when: { absent: ["x"] } })).toEqual({
          ok: false,
          reason: "missing",
        });
        expect(await store.get(key("a"))).toBeUndefined();
      });

      it("sets, adds, removes, and answers the item as it is after", async () => {
        await insert(item("a", { n: 1, old: "x", kept: [1] }));
        const outcome = await store.write({
          kind: "update",
          key: key("a"),
          set: { s: { t: 1 } },
          add: { n: 2, m: -3 },
          remove: ["old", "never"],
        });
        const after = item("a", { n: 3, m: -3, s: { t: 1 }, kept: [1] });
        expect(outcome).toEqual({ ok: true, item: after });
        expect(await store.get(key("a"))).toEqual(after);
      });

      it("refuses to add to text, to name an attribute twice, to change a key, or to outgrow 400 KB; nothing changes", async () => {
        const before = item("a", { text: "x", big: "x".repeat(300 * 1024) });
        await insert(before);
        await expectRefused(store.write({ kind: "update", key: key("a"), add: { text: 1 } }));
        await expectRefused(store.write({ kind: "update", key: key("a"), set: { n: 1 }, add: { n: 1 } }));
        await expectRefused(store.write({ kind: "update", key: key("a"), set: { sk: "b" } }));
        await expectRefused(store.write({ kind: "update", key: key("a"), set: { more: "x".repeat(101 * 1024) } }));
        expect(await store.get(key("a"))).toEqual(before);
      });
    });

    describe("a condition", () => {
      const found = item("a", { state: "active", n: 1, yes: true, zero: 0 });
      const holds = [
        { equals: { state: "active" } },
        { equals: { state: "active", n: 1, yes: true, zero: 0 } },
        { oneOf: { state: ["x", "active"] } },
        { absent: ["other"] },
        { equals: { n: 1 }, oneOf: { state: ["active"] }, absent: ["x", "y"] },
        {},
      ];
      const fails = [
        { equals: { state: "done" } },
        { equals: { other: "x" } },
        { equals: { n: "1" } },
        { equals: { yes: 1 } },
        { oneOf: { state: ["x", "y"] } },
        { oneOf: { other: ["x"] } },
        { oneOf: { state: [] } },
        { absent: ["state"] },
        { absent: ["other", "zero"] },
        { equals: { state: "active", n: 2 } },
        { equals: { n: 1 }, absent: ["yes"] },
      ];
      it.each(holds)("that holds lets the write through: %j", async (when) => {
        await insert(found);
        expect(await store.write({ kind: "update", key: key("a"), add: { n: 1 }, when })).toMatchObject({ ok: true, item: { n: 2 } });
        expect(await store.write({ kind: "delete", key: key("a"), when: { equals: { n: 2 } } })).toMatchObject({ ok: true });
      });
      it.each(fails)("with a clause that does not hold stops it and shows the item as found: %j", async (when) => {
        await insert(found);
        const stopped = { ok: false, reason: "condition", item: found };
        expect(await store.write({ kind: "update", key: key("a"), add: { n: 1 }, when })).toEqual(stopped);
        expect(await store.write({ kind: "delete", key: key("a"), when })).toEqual(stopped);
        expect(await store.get(key("a"))).toEqual(found);
      });

      it("lets exactly one of many at once win", async () => {
        await insert(found);
        const racers = Array.from({ length: 40 }, (_, n) =>
          store.write({ kind: "update", key: key("a"), set: { state: "taken", by: n }, when: { equals: { state: "active" } } }),
        );
        const outcomes = await Promise.all(racers);
        const winners = outcomes.flatMap((outcome, n) => (outcome.ok ? [n] : []));
        expect(winners).toHaveLength(1);
        for (const outcome of outcomes) if (!outcome.ok) expect(outcome).toMatchObject({ reason: "condition", item: { state: "taken" } });
        expect(await store.get(key("a"))).toMatchObject({ by: winners[0] });
      });

      it("lets exactly one of many inserts at once win, and counts every add", async () => {
        const inserts = await Promise.all(Array.from({ length: 20 }, (_, n) => insert(item("once", { n: 0, by: n }))));
        expect(inserts.filter(({ ok }) => ok)).toHaveLength(1);
        await Promise.all(Array.from({ length: 60 }, () => store.write({ kind: "update", key: key("once"), add: { n: 1 } })));
        expect(await store.get(key("once"))).toMatchObject({ n: 60 });
      });
    });

    describe("delete", () => {
      it("of what is not there succeeds, but with a condition is missing", async () => {
        expect(await store.write({ kind: "delete", key: key("a") })).toMatchObject({ ok: true });
        expect(await store.write({ kind: "delete", key: key("a"), when: { absent: ["x"] } })).toEqual({ ok: false, reason: "missing" });
      });
      it("may come twice, and the key is free again after", async () => {
        await insert(item("a"));
        expect(await store.write({ kind: "delete", key: key("a") })).toMatchObject({ ok: true });
        expect(await store.get(key("a"))).toBeUndefined();
        expect(await store.write({ kind: "delete", key: key("a") })).toMatchObject({ ok: true });
        expect(await insert(item("a"))).toMatchObject({ ok: true });
      });
    });

    describe("a batch", () => {
      it("of 25 gives each write its own outcome, in order", async () => {
        for (const sk of ["taken", "counted", "guarded", "gone"]) await insert(item(sk, { n: 1 }));
        const fillers = Array.from({ length: 19 }, (_, n) => ({ kind: "insert", item: item(`f${n}`) }) as const);
        const outcomes = await store.batch([
          { kind: "insert", item: item("taken") },
          { kind: "update", key: key("counted"), add: { n: 1 } },
          { kind: "update", key: key("guarded"), set: { n: 9 }, when: { equals: { n: 2 } } },
          { kind: "update", key: key("nowhere"), set: { n: 9 } },
          { kind: "delete", key: key("gone") },
          { kind: "delete", key: key("nothing"), when: { absent: ["n"] } },
          ...fillers,
        ]);
        expect(outcomes).toHaveLength(MAX_BATCH);
        expect(outcomes.map(brief)).toEqual(["exists", "ok", "condition", "missing", "ok", "missing", ...fillers.map(() => "ok")]);
        expect(outcomes[1]).toEqual({ ok: true, item: item("counted", { n: 2 }) });
        expect(outcomes[2]).toEqual({ ok: false, reason: "condition", item: item("guarded", { n: 1 }) });
        expect(await store.get(key("f18"))).toBeDefined();
        expect(await store.get(key("gone"))).toBeUndefined();
      });

      it("of none answers none; of 26, or with a key twice, is refused and writes nothing", async () => {
        expect(await store.batch([])).toEqual([]);
        await expectRefused(store.batch(Array.from({ length: 26 }, (_, n) => ({ kind: "insert", item: item(`b${n}`) }))));
        await expectRefused(
          store.batch([
            { kind: "insert", item: item("b0") },
            { kind: "delete", key: key("b0") },
          ]),
        );
        expect(await store.get(key("b0"))).toBeUndefined();
      });
    });

    describe("a transaction", () => {
      const hundred = Array.from({ length: MAX_TRANSACTION }, (_, n) => item(`t${String(n).padStart(3, "0")}`));

      it("of 100 writes makes them all", async () => {
        const result = await store.transact(hundred.map((one) => ({ kind: "insert", item: one })));
        expect(result.ok).toBe(true);
        expect(result.outcomes.map(brief)).toEqual(hundred.map(() => "ok"));
        expect(await store.getMany(hundred)).toEqual(hundred);
      });

      it("makes none when one fails, and says which and why", async () => {
        await insert(item("guarded", { n: 1 }));
        await insert(item("t050"));
        const result = await store.transact([
          { kind: "insert", item: item("t000") },
          { kind: "update", key: key("guarded"), set: { n: 2 }, when: { equals: { n: 2 } } },
          { kind: "insert", item: item("t050") },
          { kind: "update", key: key("nowhere"), set: { n: 1 } },
        ]);
        expect(result.ok).toBe(false);
        expect(result.outcomes.map(brief)).toEqual(["ok", "condition", "exists", "missing"]);
        expect(result.outcomes[1]).toEqual({ ok: false, reason: "condition", item: item("guarded", { n: 1 }) });
        expect(await store.get(key("t000"))).toBeUndefined();
      });

      it("of 101, or with a key twice, is refused and writes nothing", async () => {
        await expectRefused(store.transact([...hundred, item("more")].map((one) => ({ kind: "insert", item: one }))));
        await expectRefused(store.transact([item("t000"), item("t000")].map((one) => ({ kind: "insert", item: one }))));
        expect(await store.get(key("t000"))).toBeUndefined();
      });
    });

    describe("a query", () => {
      const sorted = ["!", "0", "A", "a", "a#", "a#1", "a#2", "a$", "aa", "b", "é", "ﬁ", "😀", "😁"];
      const all = async (query: Omit<Query, "limit"> & { limit?: number }) =>
        (await pages(store, { limit: 100, ...query })).map(({ sk }) => sk);

      it("answers in the order of the sort keys' UTF-8 bytes, and backwards", async () => {
        for (const sk of [...sorted].reverse()) await insert(item(sk));
        await insert(item("other", {}, "p2"));
        expect(await all({ pk: "p" })).toEqual(sorted);
        expect(await all({ pk: "p", reverse: true })).toEqual([...sorted].reverse());
        expect(await all({ pk: "nobody" })).toEqual([]);
      });

      it("keeps to a prefix, starts after a key, and both, either way", async () => {
        for (const sk of sorted) await insert(item(sk));
        for (const reverse of [false, true]) {
          for (const prefix of [undefined, "a", "a#", "é", "😀", "zz"]) {
            for (const after of [undefined, "!", "a", "a#1", "a#11", "b", "😁"]) {
              const expected = sorted
                .filter((sk) => sk.startsWith(prefix ?? ""))
                .filter(
                  (sk) => after === undefined || Math.sign(Buffer.compare(Buffer.from(sk), Buffer.from(after))) === (reverse ? -1 : 1),
                );
              if (reverse) expected.reverse();
              for (const limit of [1, 3, 100]) {
                const query = {
                  pk: "p",
                  limit,
                  reverse,
                  ...(prefix === undefined ? {} : { prefix }),
                  ...(after === undefined ? {} : { after }),
                };
                expect(await all(query), JSON.stringify(query)).toEqual(expected);
              }
            }
          }
        }
      });

      it("pages over thousands of items, each once", async () => {
        const count = 3_000;
        for (let from = 0; from < count; from += MAX_BATCH * 40) {
          const batches = Array.from({ length: 40 }, (_, b) =>
            Array.from({ length: MAX_BATCH }, (_, n) => ({ kind: "insert", item: item(`k${from + b * MAX_BATCH + n}`) }) as const),
          );
          await Promise.all(batches.map((batch) => store.batch(batch)));
        }
        const expected = Array.from({ length: count }, (_, n) => `k${n}`).sort();
        expect(await all({ pk: "p", limit: 700 })).toEqual(expected);
        expect(await all({ pk: "p", limit: 700, reverse: true })).toEqual(expected.reverse());
      });

      it("never answers more than its limit, and refuses one below 1", async () => {
        for (const sk of sorted) await insert(item(sk));
        expect((await store.query({ pk: "p", limit: 5 })).items.length).toBeLessThanOrEqual(5);
        await expectRefused(store.query({ pk: "p", limit: 0 }));
      });

      it("over big items still reaches the end", async () => {
        for (let n = 0; n < 10; n++) await insert(item(`k${n}`, { text: "x".repeat(300 * 1024) }));
        expect(await all({ pk: "p" })).toHaveLength(10);
      });

      it("sees every write that was answered before it", async () => {
        for (let n = 0; n < 30; n++) {
          await insert(item(`k${n}`));
          expect((await store.query({ pk: "p", prefix: `k${n}`, limit: 1 })).items).toHaveLength(1);
        }
      });
    });

    it("keeps what it stores apart from what callers hold", async () => {
      const mine = { ...item("a"), list: [1], map: { n: 1 } };
      await insert(mine);
      mine.list.push(2);
      mine.map.n = 2;
      const tamper = (returned: Item | undefined) => {
        try {
          const loose = returned as unknown as { map: { n: number }; sk: string };
          loose.map.n = 3;
          loose.sk = "z";
        } catch (error) {
          // A store may also hand out frozen items.
          expect(error).toBeInstanceOf(TypeError);
        }
      };
      tamper(await store.get(key("a")));
      tamper((await store.query({ pk: "p", limit: 1 })).items[0]);
      tamper((await store.getMany([key("a")]))[0]);
      const set = { more: { n: 1 } };
      const outcome = await store.write({ kind: "update", key: key("a"), set });
      set.more.n = 2;
      tamper(outcome.item);
      expect(await store.get(key("a"))).toEqual({ ...item("a"), list: [1], map: { n: 1 }, more: { n: 1 } });
    });

    it("does as a plain map does, whatever comes", async () => {
      let world = 0;
      await fc.assert(
        fc.asyncProperty(modelCommands, (commands) => runModel(store, `w${world++}`, commands)),
        { numRuns: 60 },
      );
    });
  });
}

function brief(outcome: Outcome): string {
  return outcome.ok ? "ok" : outcome.reason;
}

async function pages(store: Store, query: Query): Promise<Item[]> {
  const items: Item[] = [];
  let page: Page = await store.query(query);
  items.push(...page.items);
  while (page.next !== undefined) {
    page = await store.query({ ...query, after: page.next });
    items.push(...page.items);
  }
  return items;
}

async function expectRefused(call: Promise<unknown>): Promise<void> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StoreError);
  expect(error).toMatchObject({ retryable: false });
}
