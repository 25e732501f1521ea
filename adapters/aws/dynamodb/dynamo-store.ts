import {
  BatchGetItemCommand,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import type { Item, Key, Outcome, Page, Query, Store, Write } from "../../../core/ports/store.ts";
import { checkBatch, checkItem, checkKey, checkKeys, checkQuery, checkTransaction, checkWrite } from "../../store-limits.ts";
import { failureOf } from "./errors.ts";
import { expressionOf, keyAttributes } from "./expressions.ts";
import { type Attributes, unmarshalItem } from "./marshal.ts";
import { queryInput } from "./query-input.ts";
import { type Pause, realPause, repeat } from "./repeat.ts";
import { Statements } from "./statement-batch.ts";
import { transact } from "./transact.ts";
import { mustNotRepeat, settleUnclear, stopped } from "./write-outcome.ts";

export interface DynamoStoreOptions {
  /** Made by {@link dynamoClient}: it must not repeat requests by itself. */
  readonly client: DynamoDBClient;
  readonly table: string;
  /** How to wait between tries; tests need not. */
  readonly pause?: Pause;
}

/**
 * The store on one DynamoDB table with the keys `pk` and `sk`. All reads are strongly consistent. What DynamoDB turns away is tried
 * again, with pauses, for a few seconds; then a StoreError says so.
 */
export class DynamoStore implements Store {
  private readonly client: DynamoDBClient;
  private readonly table: string;
  private readonly pause: Pause;
  private readonly statements: Statements;

  constructor({ client, table, pause = realPause }: DynamoStoreOptions) {
    this.client = client;
    this.table = table;
    this.pause = pause;
    this.statements = new Statements({ client, table, pause, single: (write, unclear) => this.writeOne(write, unclear) });
  }

  async get(key: Key): Promise<Item | undefined> {
    checkKey(key);
    const command = new GetItemCommand({ TableName: this.table, Key: keyAttributes(key), ConsistentRead: true });
    const { Item } = await this.repeat(() => this.client.send(command));
    return Item && unmarshalItem(Item);
  }

  async getMany(keys: readonly Key[]): Promise<(Item | undefined)[]> {
    checkKeys(keys);
    const found = new Map<string, Item>();
    let open: Attributes[] = [...new Map(keys.map((key) => [nameOf(key), keyAttributes(key)])).values()];
    while (open.length > 0) {
      // A part of the keys may be left over, because the answer is full or the table is busy: without any progress it counts as turned away.
      open = await this.repeat(async () => {
        const request = { [this.table]: { Keys: open, ConsistentRead: true } };
        const { Responses, UnprocessedKeys } = await this.client.send(new BatchGetItemCommand({ RequestItems: request }));
        for (const attributes of Responses?.[this.table] ?? []) {
          const item = unmarshalItem(attributes);
          found.set(nameOf(item), item);
        }
        const left = UnprocessedKeys?.[this.table]?.Keys ?? [];
        if (left.length === open.length) throw Object.assign(new Error("No key was read."), { name: "ThrottlingException" });
        return left;
      });
    }
    return keys.map((key) => found.get(nameOf(key)));
  }

  async query(query: Query): Promise<Page> {
    checkQuery(query);
    const input = queryInput(this.table, query);
    if (!input) return { items: [] };
    const { Items = [], LastEvaluatedKey } = await this.repeat(() => this.client.send(new QueryCommand(input)));
    const next = LastEvaluatedKey?.sk?.S;
    return { items: Items.map(unmarshalItem), ...(next === undefined ? {} : { next }) };
  }

  async write(write: Write): Promise<Outcome> {
    check(write);
    return this.writeOne(write, false);
  }

  async batch(writes: readonly Write[]): Promise<Outcome[]> {
    checkBatch(writes);
    writes.forEach(check);
    return this.statements.run(writes);
  }

  async transact(writes: readonly Write[]): Promise<{ readonly ok: boolean; readonly outcomes: Outcome[] }> {
    checkTransaction(writes);
    writes.forEach(check);
    return transact({ client: this.client, table: this.table, pause: this.pause }, writes);
  }

  /** `doubtful`: an earlier try, made some other way, may have been carried out. */
  private writeOne(write: Write, doubtful: boolean): Promise<Outcome> {
    return this.repeat(async (unclear) => {
      const { outcome, found } = await this.tryOne(write);
      return unclear || doubtful ? settleUnclear(write, outcome, found) : outcome;
    }, mustNotRepeat(write));
  }

  private async tryOne(write: Write): Promise<{ outcome: Outcome; found?: Item | undefined }> {
    try {
      return { outcome: await this.send(write) };
    } catch (error) {
      if (failureOf(error) !== "condition") throw error;
      const attributes = (error as { Item?: Attributes }).Item;
      const found = attributes && unmarshalItem(attributes);
      return { outcome: stopped(write, found), found };
    }
  }

  private async send(write: Write): Promise<Outcome> {
    const common = { TableName: this.table, ReturnValuesOnConditionCheckFailure: "ALL_OLD" } as const;
    const { kind, input } = expressionOf(write);
    if (kind === "insert") {
      await this.client.send(new PutItemCommand({ ...common, ...input }));
      return { ok: true, item: unmarshalItem(input.Item) };
    }
    if (kind === "delete") {
      await this.client.send(new DeleteItemCommand({ ...common, ...input }));
      return { ok: true };
    }
    const { Attributes } = await this.client.send(new UpdateItemCommand({ ...common, ...input, ReturnValues: "ALL_NEW" }));
    return { ok: true, ...(Attributes ? { item: unmarshalItem(Attributes) } : {}) };
  }

  private repeat<T>(run: (unclear: boolean) => Promise<T>, once = false): Promise<T> {
    return repeat(this.table, this.pause, once, run);
  }
}

function check(write: Write): void {
  checkWrite(write);
  if (write.kind === "insert") checkItem(write.item);
  else if (write.kind === "update" && write.set) checkItem({ ...write.key, ...write.set });
}

function nameOf({ pk, sk }: Key): string {
  return `${pk}\0${sk}`;
}
