import {
  BatchExecuteStatementCommand,
  type BatchStatementRequest,
  type BatchStatementResponse,
  type DynamoDBClient,
} from "@aws-sdk/client-dynamodb";
import type { Outcome, Write } from "../../../core/ports/store.ts";
import { failureOf, storeError } from "./errors.ts";
import { type Attributes, marshalAll, unmarshalItem } from "./marshal.ts";
import { type Pause, repeat } from "./repeat.ts";
import { statementOf } from "./statements.ts";
import { settleUnclear, stopped } from "./write-outcome.ts";

export interface StatementsOptions {
  readonly client: DynamoDBClient;
  readonly table: string;
  readonly pause: Pause;
  /** Makes one write by itself; told whether an earlier try may have been carried out. */
  readonly single: (write: Write, doubtful: boolean) => Promise<Outcome>;
}

interface Entry {
  readonly write: Write;
  readonly statement: BatchStatementRequest;
  /** An earlier try may have been carried out. */
  doubtful: boolean;
  outcome?: Outcome;
}

/** Many writes in one request, each with an outcome of its own; those that were turned away are tried again, the others not. */
export class Statements {
  constructor(private readonly options: StatementsOptions) {}

  /** At most 25 writes on different keys. Throws a StoreError where one of them cannot be made. */
  async run(writes: readonly Write[]): Promise<Outcome[]> {
    const { table, single } = this.options;
    const statements = writes.length === 1 ? [] : writes.map((write) => statementOf(table, write));
    const entries = writes.map((write, index): Entry | undefined => {
      const statement = statements[index];
      return statement && { write, statement, doubtful: false };
    });
    const [, ...alone] = await Promise.all([
      this.runTogether(entries.filter((entry) => entry !== undefined)),
      ...writes.map((write, index) => (entries[index] ? undefined : single(write, false))),
    ]);
    return writes.map((_, index) => (entries[index]?.outcome ?? alone[index]) as Outcome);
  }

  private async runTogether(entries: Entry[]): Promise<void> {
    let open = entries;
    if (open.length === 0) return;
    await repeat(this.options.table, this.options.pause, false, async () => {
      const responses = await this.send(open);
      const left: Entry[] = [];
      let why = "";
      for (const [index, entry] of open.entries()) {
        const code = await this.settle(entry, responses[index] ?? {});
        if (code === undefined) continue;
        left.push(entry);
        why = code;
      }
      open = left;
      if (left.length > 0) throw Object.assign(new Error(`${left.length} writes of a batch were turned away.`), { name: why });
    });
  }

  private async send(open: readonly Entry[]): Promise<BatchStatementResponse[]> {
    try {
      const command = new BatchExecuteStatementCommand({ Statements: open.map(({ statement }) => statement) });
      return (await this.options.client.send(command)).Responses ?? [];
    } catch (error) {
      if (failureOf(error) === "unclear") for (const entry of open) entry.doubtful = true;
      throw error;
    }
  }

  /** Notes the outcome, or answers the code of the error for which the write is to be tried again. */
  private async settle(entry: Entry, { Error: error, Item }: BatchStatementResponse): Promise<string | undefined> {
    const { write } = entry;
    const code = error?.Code;
    if (code === undefined) {
      entry.outcome = made(entry, Item);
      return undefined;
    }
    const failure = failureOf(code);
    if (failure === "condition") {
      const found = error?.Item && unmarshalItem(error.Item);
      // A taken key is reported without its item: the single write shows it.
      const hidden = entry.doubtful && write.kind === "insert" && !found;
      const outcome = stopped(write, found);
      entry.outcome = hidden ? await this.options.single(write, true) : entry.doubtful ? settleUnclear(write, outcome, found) : outcome;
      return undefined;
    }
    if (failure === "fatal") throw storeError(this.options.table, Object.assign(new Error(error?.Message), { name: code }));
    if (failure === "unclear") entry.doubtful = true;
    return code;
  }
}

function made({ write, doubtful }: Entry, returned: Attributes | undefined): Outcome {
  switch (write.kind) {
    case "insert":
      return { ok: true, item: unmarshalItem(marshalAll(write.item)) };
    case "update":
      return { ok: true, ...(returned ? { item: unmarshalItem(returned) } : {}) };
    case "delete":
      return write.when && !returned && !doubtful ? { ok: false, reason: "missing" } : { ok: true };
  }
}
