import { BatchServiceClient, BatchServiceMappers, BatchSharedKeyCredentials } from "@azure/batch";
import { millisecondsOf } from "../conforms.ts";
import type { Account, Answer, Client, Model } from "./client.ts";
import { readAll } from "./read-all.ts";

interface Answered {
  readonly _response: {
    readonly status: number;
    readonly bodyAsText?: string;
    readonly headers: { get(name: string): string | undefined };
  };
  readonly readableStreamBody?: AsyncIterable<Buffer>;
}
type Operations = Readonly<Record<string, Record<string, (...parameters: unknown[]) => Promise<Answered>>>>;

/** `@azure/batch` 10: promises, answers with their headers in them, durations as text. */
export function batch2022({ url, account, key }: Account): Client {
  const client = new BatchServiceClient(new BatchSharedKeyCredentials(account, key), url, { noRetryPolicy: true });
  const mappers = BatchServiceMappers as unknown as Readonly<Record<string, { type: Model }>>;
  return {
    version: "2022-10-01.16.0",
    year: 2022,
    call: async (group, method, ...parameters): Promise<Answer> => {
      const operations = (client as unknown as Operations)[group];
      const value = await operations?.[method]?.(...parameters);
      if (!value) throw new Error(`there is no ${group}.${method}`);
      const { status, headers, bodyAsText } = value._response;
      const text = value.readableStreamBody ? await readAll(value.readableStreamBody) : (bodyAsText ?? "");
      return { value, status, header: (name) => headers.get(name), text };
    },
    model: (name) => {
      const model = mappers[name]?.type;
      if (!model) throw new Error(`the client has no ${name}`);
      return model;
    },
    duration: (iso) => iso,
    milliseconds: (value) => millisecondsOf(value as string),
  };
}
