import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { describe, expect, inject, it } from "vitest";
import { DynamoStore } from "../../adapters/aws/dynamodb/dynamo-store.ts";
import { MeteredStore } from "../../adapters/aws/dynamodb/meter.ts";
import type { Item, Write } from "../../core/ports/store.ts";
import { testTable } from "../support/dynamo-table.ts";

const dynamo = inject("dynamo");

/** Adds up what the table says that each request cost. */
function consumed(client: DynamoDBClient): () => number {
  let units = 0;
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next({ ...args, input: { ...args.input, ReturnConsumedCapacity: "TOTAL" } as typeof args.input });
      const { ConsumedCapacity } = result.output as { ConsumedCapacity?: { CapacityUnits?: number } | { CapacityUnits?: number }[] };
      for (const part of [ConsumedCapacity ?? []].flat()) units += part.CapacityUnits ?? 0;
      return result;
    },
    { step: "initialize" },
  );
  return () => {
    const sum = units;
    units = 0;
    return sum;
  };
}

describe.skipIf("missing" in dynamo)("the meter, held against DynamoDB Local", () => {
  const sizes = [0, 1, 500, 990, 1000, 1010, 1024, 1100, 2000, 4000, 4080, 4100, 9000, 100_000];
  const item = (n: number, size: number): Item => ({
    pk: "p",
    sk: `k${String(n).padStart(3, "0")}`,
    text: "é".repeat(Math.floor(size / 2)),
    list: [n, n / 3, -n * 1000, true, null, { deep: [] }],
    large: n * 123_456_789,
  });

  it("counts single writes and reads as the table does", async () => {
    const { client, table, drop } = await testTable("url" in dynamo ? dynamo.url : "");
    const told = consumed(client);
    const meter = new MeteredStore(new DynamoStore({ client, table }));
    const compare = async (what: string, work: () => Promise<unknown>) => {
      meter.reset();
      told();
      await work();
      const { writeUnits, readUnits } = meter.total();
      expect(writeUnits + readUnits, what).toBe(told());
    };
    const keys = sizes.map((size, n) => item(n, size)).map(({ pk, sk }) => ({ pk, sk }));
    for (const [n, size] of sizes.entries()) {
      const key = keys[n] as { pk: string; sk: string };
      const writes: Write[] = [
        { kind: "insert", item: item(n, size) },
        { kind: "update", key, set: { text: "" }, when: { equals: { large: n * 123_456_789 } } },
        { kind: "update", key, set: { text: "x".repeat(size) }, add: { large: 1 } },
      ];
      for (const write of writes) await compare(`${write.kind} of ${size} bytes`, () => meter.write(write));
      await compare(`get of ${size} bytes`, () => meter.get(key));
    }
    await compare("get of nothing", () => meter.get({ pk: "p", sk: "none" }));
    // Keys without an item are left out: the meter counts a unit for each, as DynamoDB does, and DynamoDB Local none.
    await compare("getMany", () => meter.getMany(keys));
    for (const limit of [1, 3, 8, 100]) await compare(`query of ${limit}`, () => meter.query({ pk: "p", limit }));
    for (const key of keys) await compare("delete", () => meter.write({ kind: "delete", key }));
    await compare("delete of nothing", () => meter.write({ kind: "delete", key: { pk: "p", sk: "none" } }));
    await drop();
  });
});
