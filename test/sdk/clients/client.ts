export type Doc = Record<string, unknown>;
export type Group = "pool" | "job" | "task" | "file" | "computeNode" | "jobSchedule" | "account";

/** One answer of the service, as a client gave it to its caller and as it came over the wire. */
export interface Answer {
  readonly value: unknown;
  readonly status: number;
  header(name: string): string | undefined;
  /** The body as it was sent; of a file, its content. */
  readonly text: string;
}

/** An official client, unmodified. Its methods have the same names and parameters in every version; what they answer is their own. */
export interface Client {
  readonly version: string;
  readonly year: 2017 | 2020 | 2022;
  call(group: Group, method: string, ...parameters: unknown[]): Promise<Answer>;
  /** The model that the client reads such a document by. */
  model(name: string): Model;
  /** A duration as the client takes it. */
  duration(iso: string): unknown;
  /** The length of what the client makes of a duration; the older ones know it to the millisecond. */
  milliseconds(value: unknown): number;
}

export interface Model {
  readonly name: string;
  readonly className?: string;
  readonly modelProperties?: Readonly<Record<string, Property>>;
  readonly allowedValues?: readonly string[];
  readonly element?: Property;
}
export interface Property {
  readonly required?: boolean;
  readonly serializedName?: string;
  readonly defaultValue?: unknown;
  readonly type: Model;
}

/** How to reach a server. */
export interface Account {
  readonly url: string;
  readonly account: string;
  readonly key: string;
}

/** The JSON of an answer. */
export function wire(answer: Answer): Doc {
  return JSON.parse(answer.text) as Doc;
}
