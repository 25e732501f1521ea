import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import type { NodeEnvelope } from "../core/protocol/messages.ts";
import { openReport } from "../core/protocol/signed-report.ts";
import { handleReports } from "../core/services/queue-handlers.ts";
import { compose } from "./compose.ts";
import { deliveriesOf, handleGroups, type Received } from "./sqs-batch.ts";

const { context, log, nodeKey, accountKeys } = compose(process.env);

/**
 * What nodes report, recorded together; where that fails, each by itself, so that one report holds up no other. A report that its node did not sign is
 * logged and dropped.
 */
export async function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  const [key] = await Promise.all([nodeKey(), accountKeys()]);
  const genuine = deliveriesOf<unknown>(event, log).flatMap((delivery) => opened(key, delivery));
  if (genuine.length === 0) return { batchItemFailures: [] };
  const { batchItemFailures } = await handleGroups([genuine], (all) => handleReports(context, all), log);
  if (batchItemFailures.length === 0 || genuine.length === 1) return { batchItemFailures };
  // Perhaps recorded in part by the first try.
  const again = genuine.map((delivery) => [{ ...delivery, receiveCount: delivery.receiveCount + 1 }]);
  return handleGroups(again, (one) => handleReports(context, one), log);
}

function opened(key: string, delivery: Received<unknown>): Received<NodeEnvelope>[] {
  const envelope = openReport(key, delivery.body, delivery.sentAt);
  if (!("refused" in envelope)) return [{ ...delivery, body: envelope }];
  log("warn", "report refused", { messageId: delivery.id, reason: envelope.refused });
  return [];
}
