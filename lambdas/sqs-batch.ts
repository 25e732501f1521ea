import type { SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import type { Log } from "../core/ports/log.ts";
import type { Delivery } from "../core/ports/queue.ts";

export interface Received<T> extends Delivery<T> {
  /** When the queue took it, in milliseconds since the epoch. */
  readonly sentAt: number;
}

/** The messages of a batch. What is no JSON can never be handled: it is logged, and done with. */
export function deliveriesOf<T>(event: SQSEvent, log: Log): Received<T>[] {
  return event.Records.flatMap((record) => {
    try {
      return [deliveryOf<T>(record)];
    } catch (error) {
      log("error", "malformed message", { messageId: record.messageId, queue: record.eventSourceARN, error });
      return [];
    }
  });
}

/**
 * Handles groups of messages beside each other and names the messages of those that failed: they come again. All of a group fails together, which
 * keeps the order of a FIFO queue's.
 */
export async function handleGroups<T>(
  groups: readonly (readonly Received<T>[])[],
  handle: (group: readonly Received<T>[]) => Promise<void>,
  log: Log,
): Promise<SQSBatchResponse> {
  const failed = await Promise.all(
    groups.map(async (group) => {
      try {
        await handle(group);
        return [];
      } catch (error) {
        log("error", "messages not handled", { count: group.length, group: group[0]?.group, error });
        return group;
      }
    }),
  );
  return { batchItemFailures: failed.flat().map(({ id }) => ({ itemIdentifier: id })) };
}

/** By their group, each in the order that they came in. */
export function byGroup<T>(deliveries: readonly Received<T>[]): Received<T>[][] {
  const groups = new Map<string, Received<T>[]>();
  for (const delivery of deliveries) {
    const key = delivery.group ?? "";
    groups.set(key, [...(groups.get(key) ?? []), delivery]);
  }
  return [...groups.values()];
}

function deliveryOf<T>({ messageId, receiptHandle, body, attributes }: SQSRecord): Received<T> {
  return {
    id: messageId,
    receipt: receiptHandle,
    body: JSON.parse(body) as T,
    receiveCount: Number(attributes.ApproximateReceiveCount),
    sentAt: Number(attributes.SentTimestamp),
    ...(attributes.MessageGroupId === undefined ? {} : { group: attributes.MessageGroupId }),
  };
}
