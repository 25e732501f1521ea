/** DynamoDB's rules of what a request costs, from the sizes of the items that it touches. */
import type { Value } from "../../../core/ports/store.ts";

const WRITE_UNIT_BYTES = 1024;
const READ_UNIT_BYTES = 4096;

/** The size of an item as DynamoDB counts it, in bytes: names and values, numbers by their digits. */
export function itemBytes(item: { readonly [name: string]: Value }): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(item)) bytes += Buffer.byteLength(name) + valueBytes(value);
  return bytes;
}

/** Of one write: by the larger of the item before and after, at least one unit, also where the condition does not hold. */
export function writeUnits(before: number, after: number): number {
  return Math.max(1, Math.ceil(Math.max(before, after) / WRITE_UNIT_BYTES));
}

/** Of a strongly consistent read of so many bytes in all; reading nothing costs one unit too. */
export function readUnits(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / READ_UNIT_BYTES));
}

function valueBytes(value: Value): number {
  if (value === null || typeof value === "boolean") return 1;
  if (typeof value === "string") return Buffer.byteLength(value);
  if (typeof value === "number") return numberBytes(value);
  const inner: readonly [string, Value][] = Array.isArray(value)
    ? value.map((element: Value): [string, Value] => ["", element])
    : Object.entries(value);
  return inner.reduce((sum, [name, element]) => sum + 1 + Buffer.byteLength(name) + valueBytes(element), 3);
}

/** One byte for each two significant digits, one more for the exponent, and one for a sign. */
function numberBytes(value: number): number {
  if (value === 0) return 1;
  const digits = Math.abs(value).toExponential().split("e")[0]?.replace(".", "") ?? "";
  return Math.ceil(digits.length / 2) + 1 + (value < 0 ? 1 : 0);
}
