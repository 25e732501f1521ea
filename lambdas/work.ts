import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import type { Work } from "../core/protocol/messages.ts";
import { handleWork } from "../core/services/queue-handlers.ts";
import { compose } from "./compose.ts";
import { deliveriesOf, handleGroups } from "./sqs-batch.ts";

const { context, log, accountKeys } = compose(process.env);

/** Later work and timers, each by itself. */
export async function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  await accountKeys();
  const each = deliveriesOf<Work>(event, log).map((delivery) => [delivery]);
  return handleGroups(each, (work) => handleWork(context, work), log);
}
