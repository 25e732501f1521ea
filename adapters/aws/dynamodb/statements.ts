/**
 * Writes as PartiQL: the only way to make 25 conditional writes in one request, each with an outcome of its own, at the price of
 * single ones. It cannot add to an attribute that may be absent, and its text is bounded: such writes go by themselves.
 */
import type { AttributeValue, BatchStatementRequest } from "@aws-sdk/client-dynamodb";
import type { Condition, Key, Value, Write } from "../../../core/ports/store.ts";
import { marshal } from "./marshal.ts";

const MAX_STATEMENT_LENGTH = 8192;
const PLAIN_NAME = /^[A-Za-z_][\w-]*$/;

/** undefined where PartiQL cannot say it. */
export function statementOf(table: string, write: Write): BatchStatementRequest | undefined {
  const text = new Text();
  if (!namesOf(write).every((name) => PLAIN_NAME.test(name)) || !say(text, table, write)) return undefined;
  const statement = text.words.join(" ");
  if (statement.length > MAX_STATEMENT_LENGTH) return undefined;
  return { Statement: statement, Parameters: text.parameters, ReturnValuesOnConditionCheckFailure: "ALL_OLD" };
}

function say(text: Text, table: string, write: Write): boolean {
  switch (write.kind) {
    case "insert": {
      const fields = Object.entries(write.item).map(([name, value]) => `'${name}': ${text.value(value)}`);
      text.words.push(`INSERT INTO "${table}" VALUE {${fields.join(", ")}}`);
      return true;
    }
    case "update": {
      const { key, set = {}, add = {}, remove = [], when = {} } = write;
      if (Object.keys(add).length > 0 || Object.keys(set).length + remove.length === 0) return false;
      text.words.push(`UPDATE "${table}"`);
      for (const [name, value] of Object.entries(set)) text.words.push(`SET "${name}" = ${text.value(value)}`);
      for (const name of remove) text.words.push(`REMOVE "${name}"`);
      where(text, key, when);
      text.words.push("RETURNING ALL NEW *");
      return true;
    }
    case "delete":
      text.words.push(`DELETE FROM "${table}"`);
      where(text, write.key, write.when ?? {});
      // Deleting what is not there is no failure: only what comes back shows that something was there.
      text.words.push("RETURNING ALL OLD *");
      return true;
  }
}

function where(text: Text, key: Key, { equals = {}, oneOf = {}, absent = [] }: Condition): void {
  const clauses = [`"pk" = ${text.value(key.pk)}`, `"sk" = ${text.value(key.sk)}`];
  for (const [name, value] of Object.entries(equals)) clauses.push(`"${name}" = ${text.value(value)}`);
  for (const [name, values] of Object.entries(oneOf)) {
    const choice = values.map((value) => text.value(value)).join(", ");
    clauses.push(choice ? `"${name}" IN [${choice}]` : `"pk" IS MISSING`);
  }
  for (const name of absent) clauses.push(`"${name}" IS MISSING`);
  text.words.push(`WHERE ${clauses.join(" AND ")}`);
}

function namesOf(write: Write): string[] {
  if (write.kind === "insert") return Object.keys(write.item);
  const { equals, oneOf, absent = [] } = write.when ?? {};
  const tested = [...Object.keys(equals ?? {}), ...Object.keys(oneOf ?? {}), ...absent];
  if (write.kind === "delete") return tested;
  return [...tested, ...Object.keys(write.set ?? {}), ...(write.remove ?? [])];
}

class Text {
  readonly words: string[] = [];
  readonly parameters: AttributeValue[] = [];

  value(value: Value): string {
    this.parameters.push(marshal(value));
    return "?";
  }
}
