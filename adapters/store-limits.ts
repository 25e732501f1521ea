import { type Item, type Key, MAX_BATCH, MAX_TRANSACTION, type Query, StoreError, type Value, type Write } from "../core/ports/store.ts";

/** The limits that every store keeps, so that what one takes all take. Sizes in bytes of UTF-8; partition keys are bounded by LMDB's key size. */
export const MAX_PARTITION_KEY_BYTES = 900;
export const MAX_SORT_KEY_BYTES = 1024;
export const MAX_ITEM_BYTES = 400 * 1024;
export const MAX_GET_MANY = 100;
/** A page of a query ends once its items come to so many bytes, as DynamoDB's does. */
export const MAX_PAGE_BYTES = 1024 * 1024;

/** DynamoDB's own bound on nesting. */
const MAX_DEPTH = 32;
const LONE_SURROGATE = /\p{Surrogate}/u;

/** The same call fails again the same way: the caller must change what it sends. */
function refuse(message: string): never {
  throw new StoreError(message, false);
}

/** Throws a StoreError where the key is empty, too long, or not text that has a UTF-8 form. */
export function checkKey(key: Key): void {
  checkKeyPart("pk", key.pk, MAX_PARTITION_KEY_BYTES);
  checkKeyPart("sk", key.sk, MAX_SORT_KEY_BYTES);
  if (key.pk.includes("\0")) refuse("The partition key must not hold a zero character.");
}

function checkKeyPart(name: string, text: string, most: number): void {
  if (typeof text !== "string" || text.length === 0) refuse(`The key attribute ${name} must be a string that is not empty.`);
  if (text.length * 3 > most && Buffer.byteLength(text) > most) refuse(`The key attribute ${name} is longer than ${most} bytes.`);
  if (LONE_SURROGATE.test(text)) refuse(`The key attribute ${name} holds half of a surrogate pair.`);
}

/** The size of an item in bytes, names included. Throws a StoreError where it is too big or holds what JSON cannot. */
export function checkItem(item: Item): number {
  let bytes = 0;
  for (const name of Object.keys(item)) bytes += nameBytes(name, name) + valueBytes(item[name], name, 1);
  if (bytes > MAX_ITEM_BYTES) {
    refuse(`The item ${item.pk} / ${item.sk} has ${bytes} bytes; at most ${MAX_ITEM_BYTES} are allowed. Store less in it.`);
  }
  return bytes;
}

function valueBytes(value: Value | undefined, path: string, depth: number): number {
  switch (typeof value) {
    case "string":
      return Buffer.byteLength(value);
    case "boolean":
      return 1;
    case "number":
      if (!Number.isFinite(value)) refuse(`The attribute ${path} is ${value}; numbers must be finite.`);
      return 21;
    case "object":
      break;
    default:
      refuse(`The attribute ${path} is ${typeof value}; leave it out, or give a JSON value.`);
  }
  if (value === null) return 1;
  if (depth > MAX_DEPTH) refuse(`The attribute ${path} is nested more than ${MAX_DEPTH} deep.`);
  let bytes = 3;
  if (Array.isArray(value)) {
    for (const element of value as readonly Value[]) bytes += 1 + valueBytes(element, path, depth + 1);
    return bytes;
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) refuse(`The attribute ${path} is not plain JSON.`);
  for (const [name, inner] of Object.entries(value)) bytes += 1 + nameBytes(name, path) + valueBytes(inner, `${path}.${name}`, depth + 1);
  return bytes;
}

function nameBytes(name: string, path: string): number {
  if (name === "") refuse(`The attribute ${path} has an empty name; give it one.`);
  return Buffer.byteLength(name);
}

/** Throws a StoreError unless these are at most {@link MAX_BATCH} well-formed writes on different keys. */
export function checkBatch(writes: readonly Write[]): void {
  checkWrites(writes, MAX_BATCH, "batch");
}
/** As {@link checkBatch}, for at most {@link MAX_TRANSACTION}. */
export function checkTransaction(writes: readonly Write[]): void {
  checkWrites(writes, MAX_TRANSACTION, "transaction");
}

function checkWrites(writes: readonly Write[], most: number, what: string): void {
  if (writes.length > most) refuse(`A ${what} of ${writes.length} writes: at most ${most} are allowed. Split it.`);
  const seen = new Set<string>();
  for (const write of writes) {
    checkWrite(write);
    const { pk, sk } = keyOf(write);
    const name = `${pk}\0${sk}`;
    if (seen.has(name)) refuse(`A ${what} must not write the item ${pk} / ${sk} twice.`);
    seen.add(name);
  }
}

export function keyOf(write: Write): Key {
  return write.kind === "insert" ? write.item : write.key;
}

/** Throws a StoreError where the key is not one, or an update names the key or one attribute twice. */
export function checkWrite(write: Write): void {
  checkKey(keyOf(write));
  if (write.kind !== "update") return;
  const named = [...Object.keys(write.set ?? {}), ...Object.keys(write.add ?? {}), ...(write.remove ?? [])];
  for (const name of named) if (name === "pk" || name === "sk") refuse(`An update must not change the key attribute ${name}.`);
  if (new Set(named).size < named.length) refuse(`An update must name each attribute once in set, add and remove: ${named.join(", ")}.`);
}

/** Throws a StoreError where there are more than {@link MAX_GET_MANY} keys, or one is not well-formed. */
export function checkKeys(keys: readonly Key[]): void {
  if (keys.length > MAX_GET_MANY) refuse(`${keys.length} keys in one read: at most ${MAX_GET_MANY} are allowed. Split it.`);
  for (const key of keys) checkKey(key);
}

/** Throws a StoreError where the partition key is not one or the limit is not a whole number from 1. */
export function checkQuery(query: Query): void {
  checkKey({ pk: query.pk, sk: "-" });
  if (!Number.isInteger(query.limit) || query.limit < 1) refuse(`A query's limit must be a whole number from 1, not ${query.limit}.`);
}
