import fc from "fast-check";
import { expect } from "vitest";
import type { Condition, Item, Outcome, Query, Scalar, Store, Write } from "../../core/ports/store.ts";

/** What a model run does to the store: a call, with keys in a world of its own. */
export type Command =
  | { readonly call: "write"; readonly writes: readonly [Write] }
  | { readonly call: "batch" | "transact"; readonly writes: readonly Write[] }
  | { readonly call: "query"; readonly query: Query };

const sk = fc.constantFrom("a", "a1", "a2", "b", "ü", "😀", "ﬁ");
const pk = fc.constantFrom("p", "q");
const key = fc.record({ pk, sk });
const name = fc.constantFrom("n", "m", "s");
const scalar: fc.Arbitrary<Scalar> = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constantFrom("x", ""), fc.boolean());
const value = fc.oneof(scalar, fc.constant(null), fc.array(scalar, { maxLength: 2 }));
const named = <T>(of: fc.Arbitrary<T>) => fc.dictionary(name, of, { maxKeys: 2 });
const optional = { requiredKeys: [] };
const condition: fc.Arbitrary<Condition> = fc.record(
  { equals: named(scalar), oneOf: named(fc.array(scalar, { maxLength: 2 })), absent: fc.array(name, { maxLength: 1 }) },
  optional,
);
const insert = fc.record({
  kind: fc.constant("insert" as const),
  item: fc.tuple(key, named(value)).map(([k, rest]): Item => ({ ...rest, ...k })),
});
// Counters have attributes of their own, so that no add meets text.
const update = fc.record(
  {
    kind: fc.constant("update" as const),
    key,
    set: named(value),
    add: fc.dictionary(fc.constantFrom("c", "d"), fc.integer({ min: -5, max: 5 })),
    remove: fc.constantFrom([], ["z"], ["y", "z"]),
    when: condition,
  },
  { requiredKeys: ["kind", "key"] },
);
const drop = fc.record({ kind: fc.constant("delete" as const), key, when: condition }, { requiredKeys: ["kind", "key"] });
const write: fc.Arbitrary<Write> = fc.oneof(insert, update, drop);
const keyOf = (one: Write) => (one.kind === "insert" ? one.item : one.key);
const writes = fc.uniqueArray(write, { maxLength: 6, selector: (one) => `${keyOf(one).pk}/${keyOf(one).sk}` });
const query: fc.Arbitrary<Query> = fc
  .record(
    { pk, prefix: fc.constantFrom("a", "ü", "z"), after: sk, limit: fc.integer({ min: 1, max: 4 }), reverse: fc.boolean() },
    { requiredKeys: ["pk", "limit"] },
  )
  .map((one) => one);

export const modelCommands: fc.Arbitrary<Command[]> = fc.array(
  fc.oneof(
    write.map((one): Command => ({ call: "write", writes: [one] })),
    writes.map((many): Command => ({ call: "batch", writes: many })),
    writes.map((many): Command => ({ call: "transact", writes: many })),
    query.map((one): Command => ({ call: "query", query: one })),
  ),
  { maxLength: 30 },
);

/** Runs the commands on the store and on a plain map, and compares each answer. `world` keeps runs on one store apart. */
export async function runModel(store: Store, world: string, commands: readonly Command[]): Promise<void> {
  const model = new Map<string, Item>();
  for (const command of commands) {
    if (command.call === "query") {
      const asked = { ...command.query, pk: world + command.query.pk };
      expect(await firstOf(store, asked)).toEqual(modelQuery(model, asked));
      continue;
    }
    const moved = command.writes.map((one) => move(one, world));
    const expected = moved.map((one) => modelWrite(model, one));
    const stop = command.call === "transact" && expected.some(({ outcome }) => !outcome.ok);
    if (!stop) for (const { make } of expected) make();
    expect(await outcomesOf(store, command.call, moved)).toEqual(expected.map(({ outcome }) => bare(outcome)));
  }
  for (const item of model.values()) expect(await store.get(item)).toEqual(item);
}

async function outcomesOf(store: Store, call: "write" | "batch" | "transact", moved: readonly Write[]): Promise<unknown[]> {
  if (call === "transact") return (await store.transact(moved)).outcomes.map(bare);
  if (call === "batch") return (await store.batch(moved)).map(bare);
  return [bare(await store.write(moved[0] as Write))];
}

const bare = (outcome: Outcome) => (outcome.ok ? "ok" : outcome.reason === "condition" ? outcome : outcome.reason);

function move(one: Write, world: string): Write {
  if (one.kind === "insert") return { ...one, item: { ...one.item, pk: world + one.item.pk } };
  return { ...one, key: { ...one.key, pk: world + one.key.pk } };
}

const place = ({ pk: partition, sk: sort }: { pk: string; sk: string }) => `${partition}/${sort}`;

function modelWrite(model: Map<string, Item>, one: Write): { outcome: Outcome; make: () => void } {
  const at = place(keyOf(one));
  const found = model.get(at);
  const no = (outcome: Outcome) => ({ outcome, make: () => {} });
  if (one.kind === "insert") {
    return found ? no({ ok: false, reason: "exists" }) : { outcome: { ok: true }, make: () => void model.set(at, one.item) };
  }
  if (!found) return one.kind === "delete" && !one.when ? no({ ok: true }) : no({ ok: false, reason: "missing" });
  const { equals = {}, oneOf = {}, absent = [] } = one.when ?? {};
  const holds =
    Object.entries(equals).every(([attribute, wanted]) => found[attribute] === wanted) &&
    Object.entries(oneOf).every(([attribute, wanted]) => wanted.includes(found[attribute] as Scalar)) &&
    absent.every((attribute) => !(attribute in found));
  if (!holds) return no({ ok: false, reason: "condition", item: found });
  if (one.kind === "delete") return { outcome: { ok: true }, make: () => void model.delete(at) };
  const next: Record<string, Item[string]> = { ...found, ...one.set };
  for (const [attribute, step] of Object.entries(one.add ?? {})) next[attribute] = ((found[attribute] as number | undefined) ?? 0) + step;
  for (const attribute of one.remove ?? []) delete next[attribute];
  return { outcome: { ok: true }, make: () => void model.set(at, next as Item) };
}

function modelQuery(model: Map<string, Item>, { pk: partition, prefix = "", after, limit, reverse }: Query): Item[] {
  const bytes = ({ sk: sort }: Item) => Buffer.from(sort);
  const items = [...model.values()].filter((item) => item.pk === partition && item.sk.startsWith(prefix));
  items.sort((a, b) => Buffer.compare(bytes(a), bytes(b)));
  if (reverse) items.reverse();
  const side = reverse ? -1 : 1;
  return items.filter((item) => after === undefined || Buffer.compare(bytes(item), Buffer.from(after)) === side).slice(0, limit);
}

/** A page may hold fewer than its limit: goes on until it is full. */
async function firstOf(store: Store, asked: Query): Promise<Item[]> {
  const items: Item[] = [];
  let after = asked.after;
  for (;;) {
    const page = await store.query({ ...asked, limit: asked.limit - items.length, ...(after === undefined ? {} : { after }) });
    items.push(...page.items);
    if (items.length >= asked.limit || page.next === undefined) return items;
    after = page.next;
  }
}
