import type { Condition, Delete, Insert, Key, Update, Value, Write } from "../../../core/ports/store.ts";
import { type Attributes, marshal, marshalAll } from "./marshal.ts";

export interface Put {
  readonly Item: Attributes;
  readonly ConditionExpression: string;
  readonly ExpressionAttributeNames: Record<string, string>;
}
export interface Change {
  readonly Key: Attributes;
  readonly ConditionExpression?: string;
  readonly UpdateExpression?: string;
  readonly ExpressionAttributeNames?: Record<string, string>;
  readonly ExpressionAttributeValues?: Attributes;
}
export type Expression = { readonly kind: "insert"; readonly input: Put } | { readonly kind: "update" | "delete"; readonly input: Change };

/** A write as the expressions that PutItem, UpdateItem, DeleteItem and TransactWriteItems share. */
export function expressionOf(write: Write): Expression {
  switch (write.kind) {
    case "insert":
      return { kind: "insert", input: putOf(write) };
    case "update":
      return { kind: "update", input: updateOf(write) };
    case "delete":
      return { kind: "delete", input: deleteOf(write) };
  }
}

export function keyAttributes(key: Key): Attributes {
  return { pk: { S: key.pk }, sk: { S: key.sk } };
}

function putOf({ item }: Insert): Put {
  return { Item: marshalAll(item), ConditionExpression: "attribute_not_exists(#pk)", ExpressionAttributeNames: { "#pk": "pk" } };
}

function updateOf({ key, set = {}, add = {}, remove = [], when }: Update): Change {
  const words = new Words();
  const sets = Object.entries(set).map(([name, value]) => `${words.name(name)} = ${words.value(value)}`);
  const adds = Object.entries(add).map(([name, step]) => `${words.name(name)} ${words.value(step)}`);
  const removes = remove.map((name) => words.name(name));
  const clauses: [string, string[]][] = [
    ["SET", sets],
    ["ADD", adds],
    ["REMOVE", removes],
  ];
  const update = clauses.flatMap(([verb, parts]) => (parts.length > 0 ? [`${verb} ${parts.join(", ")}`] : [])).join(" ");
  const condition = conditionOf(words, when ?? {});
  return {
    Key: keyAttributes(key),
    ConditionExpression: condition,
    ...(update ? { UpdateExpression: update } : {}),
    ...words.used(),
  };
}

function deleteOf({ key, when }: Delete): Change {
  if (!when) return { Key: keyAttributes(key) };
  const words = new Words();
  return { Key: keyAttributes(key), ConditionExpression: conditionOf(words, when), ...words.used() };
}

/** That the item is there, and each clause. A choice among nothing is what no item meets. */
function conditionOf(words: Words, { equals = {}, oneOf = {}, absent = [] }: Condition): string {
  const there = words.name("pk");
  const clauses = [`attribute_exists(${there})`];
  for (const [name, value] of Object.entries(equals)) clauses.push(`${words.name(name)} = ${words.value(value)}`);
  for (const [name, values] of Object.entries(oneOf)) {
    const choice = values.map((value) => words.value(value)).join(", ");
    clauses.push(choice ? `${words.name(name)} IN (${choice})` : `attribute_not_exists(${there})`);
  }
  for (const name of absent) clauses.push(`attribute_not_exists(${words.name(name)})`);
  return clauses.join(" AND ");
}

/** Stands for every name and value by number: hundreds of plain words are reserved. */
class Words {
  private readonly names = new Map<string, string>();
  private readonly values: Value[] = [];

  name(name: string): string {
    const known = this.names.get(name) ?? `#${this.names.size}`;
    this.names.set(name, known);
    return known;
  }
  value(value: Value): string {
    return `:${this.values.push(value) - 1}`;
  }
  used(): { ExpressionAttributeNames: Record<string, string>; ExpressionAttributeValues?: Attributes } {
    const values = Object.fromEntries(this.values.map((value, index) => [`:${index}`, marshal(value)]));
    return {
      ExpressionAttributeNames: Object.fromEntries([...this.names].map(([name, short]) => [short, name])),
      ...(this.values.length > 0 ? { ExpressionAttributeValues: values } : {}),
    };
  }
}
