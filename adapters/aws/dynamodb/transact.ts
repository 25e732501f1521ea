import { randomUUID } from "node:crypto";
import {
  type CancellationReason,
  type DynamoDBClient,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb";
import type { Outcome, Write } from "../../../core/ports/store.ts";
import { failureOf, storeError } from "./errors.ts";
import { expressionOf } from "./expressions.ts";
import { unmarshalItem } from "./marshal.ts";
import { type Pause, repeat } from "./repeat.ts";
import { stopped } from "./write-outcome.ts";

/** All writes, or none. The token makes a second try of a transaction whose answer got lost answer as the first would have. */
export async function transact(
  { client, table, pause }: { client: DynamoDBClient; table: string; pause: Pause },
  writes: readonly Write[],
): Promise<{ readonly ok: boolean; readonly outcomes: Outcome[] }> {
  if (writes.length === 0) return { ok: true, outcomes: [] };
  const command = new TransactWriteItemsCommand({
    ClientRequestToken: randomUUID(),
    TransactItems: writes.map((write) => transactItem(table, write)),
  });
  return repeat(table, pause, false, async () => {
    try {
      await client.send(command);
      return { ok: true, outcomes: writes.map((): Outcome => ({ ok: true })) };
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) throw error;
      return { ok: false, outcomes: outcomesOf(table, writes, error.CancellationReasons ?? []) };
    }
  });
}

function transactItem(table: string, write: Write): TransactWriteItem {
  const common = { TableName: table, ReturnValuesOnConditionCheckFailure: "ALL_OLD" } as const;
  const { kind, input } = expressionOf(write);
  if (kind === "insert") return { Put: { ...common, ...input } };
  if (kind === "delete") return { Delete: { ...common, ...input } };
  // A transaction, unlike UpdateItem, takes no update without a change: a condition alone is a check.
  const { UpdateExpression, ConditionExpression = "", ...rest } = input;
  if (!UpdateExpression) return { ConditionCheck: { ...common, ...rest, ConditionExpression } };
  return { Update: { ...common, ...rest, ConditionExpression, UpdateExpression } };
}

/** A condition that did not hold decides; without one, the transaction was turned away for another reason, which is thrown. */
function outcomesOf(table: string, writes: readonly Write[], reasons: readonly CancellationReason[]): Outcome[] {
  const other = reasons.find(({ Code = "None" }) => Code !== "None" && failureOf(Code) !== "condition");
  const decided = reasons.some(({ Code = "None" }) => failureOf(Code) === "condition");
  if (other && (!decided || failureOf(other.Code) === "fatal")) {
    const error = Object.assign(new Error(other.Message ?? "The transaction was cancelled."), { name: other.Code });
    throw failureOf(error) === "fatal" ? storeError(table, error) : error;
  }
  return writes.map((write, index): Outcome => {
    const { Code = "None", Item } = reasons[index] ?? {};
    return failureOf(Code) === "condition" ? stopped(write, Item && unmarshalItem(Item)) : { ok: true };
  });
}
