import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import type { Ring } from "../core/protocol/messages.ts";
import { handleRings } from "../core/services/queue-handlers.ts";
import type { Parts } from "./compose.ts";
import { byGroup, deliveriesOf, handleGroups } from "./sqs-batch.ts";

/** The pools' doorbells: a pass a pool, however many rings came for it. */
export function ringsHandler({ context, log, accountKeys }: Pick<Parts, "context" | "log" | "accountKeys">) {
  return async (event: SQSEvent): Promise<SQSBatchResponse> => {
    await accountKeys();
    return handleGroups(byGroup(deliveriesOf<Ring>(event, log)), (rings) => handleRings(context, rings), log);
  };
}
