import type { SQSEvent } from "aws-lambda";

/** What Lambda hands a function of messages from a queue. */
export function sqsEvent(bodies: readonly unknown[], { times = 1, sentAt = Date.now(), group = "" } = {}): SQSEvent {
  return {
    Records: bodies.map((body, index) => ({
      messageId: `m${index}`,
      receiptHandle: `r${index}`,
      body: JSON.stringify(body),
      attributes: {
        ApproximateReceiveCount: String(times),
        SentTimestamp: String(sentAt),
        SenderId: "",
        ApproximateFirstReceiveTimestamp: String(sentAt),
        ...(group === "" ? {} : { MessageGroupId: group }),
      },
      messageAttributes: {},
      md5OfBody: "",
      eventSource: "aws:sqs",
      eventSourceARN: "arn:aws:sqs:us-east-1:000000000000:test",
      awsRegion: "us-east-1",
    })),
  };
}
