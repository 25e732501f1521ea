import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import type { Work } from "../core/protocol/messages.ts";
import { handleWork } from "../core/services/queue-handlers.ts";
import type { Parts } from "./compose.ts";
import { deliveriesOf, handleGroups } from "./sqs-batch.ts";

/** Later work and timers, each by itself. */
export function workHandler({ context, log, accountKeys }: Pick<Parts, "context" | "log" | "accountKeys">) {
  return async (event: SQSEvent): Promise<SQSBatchResponse> => {
    await accountKeys();
    const each = deliveriesOf<Work>(event, log).map((delivery) => [delivery]);
    return handleGroups(each, (work) => handleWork(context, work), log);
  };
}
