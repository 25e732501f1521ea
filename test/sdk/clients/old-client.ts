import { createRequire } from "node:module";
import type { Account, Answer, Group, Model } from "./client.ts";
import { readAll } from "./read-all.ts";

const require = createRequire(import.meta.url);

/** What the two older packages have in common; neither publishes types that fit. */
export interface OldService {
  readonly [group: string]: Readonly<Record<string, (...parameters: unknown[]) => unknown>>;
}
type Models = Readonly<Record<string, new () => { mapper(): { type: Model } }>>;
interface OldPackage {
  readonly ServiceClient: new (
    credentials: unknown,
    url: string,
    options: { noRetryPolicy: boolean },
  ) => OldService & { readonly models: Models };
  readonly SharedKeyCredentials: new (account: string, key: string) => unknown;
}

/** The response that the older clients hand over beside their value. */
export interface OldResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
}

export function oldService(
  name: "azure-batch" | "azure-batch-2017",
  { url, account, key }: Account,
): InstanceType<OldPackage["ServiceClient"]> {
  const { ServiceClient, SharedKeyCredentials } = require(name) as OldPackage;
  return new ServiceClient(new SharedKeyCredentials(account, key), url, { noRetryPolicy: true });
}

/** A method with its object. Throws where the client has none. */
export function oldMethod(service: OldService, group: Group, method: string): (...parameters: unknown[]) => unknown {
  const operations = service[group === "computeNode" ? "computeNodeOperations" : group];
  const operation = operations?.[method];
  if (!operation) throw new Error(`there is no ${group}.${method}`);
  return operation.bind(operations);
}

export function oldModel(models: Models, name: string): Model {
  const Model = models[name];
  if (!Model) throw new Error(`the client has no ${name}`);
  return new Model().mapper().type;
}

export async function oldAnswer(value: unknown, response: OldResponse): Promise<Answer> {
  const streamed = typeof value === "object" && value !== null && Symbol.asyncIterator in value;
  const body = typeof response.body === "string" ? response.body : "";
  const text = streamed ? await readAll(value as AsyncIterable<Buffer>) : body;
  return { value, status: response.statusCode, header: (name) => response.headers[name.toLowerCase()], text };
}

/** The older clients take and make moments for durations, of the copy of the library that they have themselves. */
export function momentDuration(name: string, iso: string): unknown {
  const ofRuntime = createRequire(createRequire(require.resolve(name)).resolve("ms-rest"));
  return (ofRuntime("moment") as { duration(iso: string): unknown }).duration(iso);
}

export function momentMilliseconds(value: unknown): number {
  return (value as { asMilliseconds(): number }).asMilliseconds();
}
