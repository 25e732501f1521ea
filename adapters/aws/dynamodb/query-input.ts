import type { QueryCommandInput } from "@aws-sdk/client-dynamodb";
import type { Query } from "../../../core/ports/store.ts";
import { compareUtf8 } from "../../utf8-order.ts";
import { keyAttributes } from "./expressions.ts";

/** undefined where no sort key can be both below the prefix and past `after`. */
export function queryInput(table: string, { pk, prefix = "", after, limit, reverse = false }: Query): QueryCommandInput | undefined {
  // DynamoDB takes one condition on the sort key, and no start outside of it.
  const inside = after?.startsWith(prefix) === true;
  if (after !== undefined && !inside && compareUtf8(after, prefix) > 0 !== reverse) return undefined;
  return {
    TableName: table,
    KeyConditionExpression: prefix ? "#pk = :pk AND begins_with(#sk, :prefix)" : "#pk = :pk",
    ExpressionAttributeNames: { "#pk": "pk", ...(prefix ? { "#sk": "sk" } : {}) },
    ExpressionAttributeValues: { ":pk": { S: pk }, ...(prefix ? { ":prefix": { S: prefix } } : {}) },
    Limit: limit,
    ScanIndexForward: !reverse,
    ConsistentRead: true,
    ...(after !== undefined && inside ? { ExclusiveStartKey: keyAttributes({ pk, sk: after }) } : {}),
  };
}
