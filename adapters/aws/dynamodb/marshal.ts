import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { Item, Value } from "../../../core/ports/store.ts";

export type Attributes = Record<string, AttributeValue>;

export function marshal(value: Value): AttributeValue {
  if (value === null) return { NULL: true };
  if (typeof value === "string") return { S: value };
  if (typeof value === "number") return { N: String(value) };
  if (typeof value === "boolean") return { BOOL: value };
  if (isList(value)) return { L: value.map(marshal) };
  return { M: marshalAll(value) };
}

/** An item, or a map, attribute by attribute. */
export function marshalAll(values: { readonly [name: string]: Value }): Attributes {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, marshal(value)]));
}

/** Of the types that {@link marshal} makes; another is what somebody else wrote into the table. */
export function unmarshal(value: AttributeValue): Value {
  if (value.S !== undefined) return value.S;
  if (value.N !== undefined) return Number(value.N);
  if (value.BOOL !== undefined) return value.BOOL;
  if (value.NULL !== undefined) return null;
  if (value.L !== undefined) return value.L.map(unmarshal);
  if (value.M !== undefined) return unmarshalAll(value.M);
  throw new TypeError(`The table holds a value of the type ${Object.keys(value).join()}, which this service does not write.`);
}

export function unmarshalItem(attributes: Attributes): Item {
  return unmarshalAll(attributes) as Item;
}

function unmarshalAll(attributes: Attributes): Record<string, Value> {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, unmarshal(value)]));
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}
