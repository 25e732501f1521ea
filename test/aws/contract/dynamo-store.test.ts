import { describe, inject } from "vitest";
import { DynamoStore } from "../../../adapters/aws/dynamodb/dynamo-store.ts";
import { storeContract } from "../../contract/store-contract.ts";
import { testTable } from "../../support/dynamo-table.ts";

const dynamo = inject("dynamo");

describe.skipIf("missing" in dynamo)("on DynamoDB Local", () => {
  storeContract("the store on DynamoDB", async () => {
    const { client, table, drop } = await testTable("url" in dynamo ? dynamo.url : "");
    return { store: new DynamoStore({ client, table }), close: drop };
  });
});
