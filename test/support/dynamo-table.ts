import { randomUUID } from "node:crypto";
import { CreateTableCommand, DeleteTableCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { dynamoClient } from "../../adapters/aws/dynamodb/client.ts";

/** What an emulator takes for credentials. */
export const TEST_AWS = { region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" } } as const;

export interface TestTable {
  readonly client: DynamoDBClient;
  readonly table: string;
  drop(): Promise<void>;
}

/** A new table with the keys that the store expects. */
export async function testTable(endpoint: string): Promise<TestTable> {
  const client = dynamoClient({ ...TEST_AWS, endpoint });
  const table = `shoal-${randomUUID()}`;
  await client.send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: ["pk", "sk"].map((name) => ({ AttributeName: name, AttributeType: "S" })),
      KeySchema: [
        { AttributeName: "pk", KeyType: "HASH" },
        { AttributeName: "sk", KeyType: "RANGE" },
      ],
    }),
  );
  return {
    client,
    table,
    drop: async () => {
      await client.send(new DeleteTableCommand({ TableName: table }));
      client.destroy();
    },
  };
}
