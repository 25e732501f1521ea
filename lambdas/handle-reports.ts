import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import type { NodeEnvelope } from "../core/protocol/messages.ts";
import { openReport } from "../core/protocol/signed-report.ts";
import { handleReports } from "../core/services/queue-handlers.ts";
import type { Parts } from "./compose.ts";
import { deliveriesOf, handleGroups, type Received } from "./sqs-batch.ts";

/**
 * What nodes report, recorded together; where that fails, each by itself, so that one report holds up no other. A report that its node did not sign is
 * logged and dropped.
 */
export function reportsHandler({ context, log, nodeKey, accountKeys }: Pick<Parts, "context" | "log" | "nodeKey" | "accountKeys">) {
  return async (event: SQSEvent): Promise<SQSBatchResponse> => {
    const [key] = await Promise.all([nodeKey(), accountKeys()]);
    const genuine = deliveriesOf<unknown>(event, log).flatMap((delivery) => {
      const envelope = openReport(key, delivery.body, delivery.sentAt);
      if (!("refused" in envelope)) return [{ ...delivery, body: envelope } satisfies Received<NodeEnvelope>];
      log("warn", "report refused", { messageId: delivery.id, reason: envelope.refused });
      return [];
    });
    if (genuine.length === 0) return { batchItemFailures: [] };
    const { batchItemFailures } = await handleGroups([genuine], (all) => handleReports(context, all), log);
    if (batchItemFailures.length === 0 || genuine.length === 1) return { batchItemFailures };
    // Perhaps recorded in part by the first try.
    const again = genuine.map((delivery) => [{ ...delivery, receiveCount: delivery.receiveCount + 1 }]);
    return handleGroups(again, (one) => handleReports(context, one), log);
  };
}
