import { DynamoDBClient, type DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";

const CONNECT_MS = 1_000;
/** DynamoDB answers in milliseconds; what takes longer is lost, and better asked again. */
const REQUEST_MS = 3_000;

/**
 * A client that tries each request once: the store repeats them itself, since only it can tell a write that was made, though its
 * answer got lost, from one that somebody else made.
 */
export function dynamoClient(config: DynamoDBClientConfig = {}): DynamoDBClient {
  return new DynamoDBClient({
    maxAttempts: 1,
    requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: REQUEST_MS, throwOnRequestTimeout: true },
    ...config,
  });
}
