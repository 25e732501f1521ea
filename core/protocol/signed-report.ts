/**
 * Reports that travel where others may write too: each is signed with its machine's own secret. The secret is made from a key of the service and from what it
 * vouches for, so that a report is checked without looking anything up.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { NodeEnvelope, NodeReport } from "./messages.ts";

/** What a machine's secret vouches for. */
export type NodeClaims = Omit<NodeEnvelope, "report">;

export interface SignedReport extends NodeClaims {
  /** When it was signed, in milliseconds since the epoch. */
  readonly at: number;
  /** The report, as the JSON that was signed. */
  readonly report: string;
  readonly signature: string;
}

export interface Refused {
  readonly refused: string;
}

/** An output of a task: where it is below its node's root. */
export interface TaskOutput {
  readonly path: string;
}

type Purpose = "report" | "outputs";

/** A report that was signed so long before it was sent, or after, is sent by somebody who had it from somewhere. */
const MAX_AGE_MS = 15 * 60_000;

/** The machine's secret, hexadecimal; `key` is the service's own. */
export function nodeSecret(key: string, claims: NodeClaims): string {
  return createHmac("sha256", key)
    .update(JSON.stringify(["shoal-node-1", ...asList(claims)]))
    .digest("hex");
}

export function signReport(secret: string, claims: NodeClaims, at: number, report: NodeReport): SignedReport {
  return sign("report", secret, claims, at, report);
}

/** Asks for places where outputs can be kept; signed as a report is, and never to be taken for one. */
export function signOutputsRequest(secret: string, claims: NodeClaims, at: number, outputs: readonly TaskOutput[]): SignedReport {
  return sign("outputs", secret, claims, at, outputs);
}

/**
 * The report with its sender, or why it is refused. `sentAt`: when the queue took it, in milliseconds since the epoch; a report is good for some minutes
 * from its signing to then, however long it waits in the queue.
 */
export function openReport(key: string, message: unknown, sentAt: number): NodeEnvelope | Refused {
  const opened = open<NodeReport>("report", key, message, sentAt);
  return "refused" in opened ? opened : { ...opened.claims, report: opened.content };
}

/** The outputs that a machine would keep, or why it is refused. */
export function openOutputsRequest(
  key: string,
  message: unknown,
  now: number,
): { claims: NodeClaims; content: readonly TaskOutput[] } | Refused {
  return open<readonly TaskOutput[]>("outputs", key, message, now);
}

function sign(purpose: Purpose, secret: string, claims: NodeClaims, at: number, content: unknown): SignedReport {
  const text = JSON.stringify(content);
  return { ...claims, at, report: text, signature: signature(purpose, secret, claims, at, text) };
}

function open<T>(purpose: Purpose, key: string, message: unknown, sentAt: number): { claims: NodeClaims; content: T } | Refused {
  if (!isSignedReport(message)) return { refused: "malformed" };
  const { machineId, poolId, dedicated, at, report } = message;
  const claims = { machineId, poolId, dedicated };
  const expected = Buffer.from(signature(purpose, nodeSecret(key, claims), claims, at, report));
  const given = Buffer.from(message.signature);
  if (expected.length !== given.length || !timingSafeEqual(expected, given)) return { refused: "wrong signature" };
  if (Math.abs(sentAt - at) > MAX_AGE_MS) return { refused: "replayed" };
  return { claims, content: JSON.parse(report) as T };
}

function signature(purpose: Purpose, secret: string, claims: NodeClaims, at: number, report: string): string {
  return createHmac("sha256", secret)
    .update(JSON.stringify([purpose, ...asList(claims), at, report]))
    .digest("base64");
}

function asList({ machineId, poolId, dedicated }: NodeClaims): readonly (string | boolean)[] {
  return [machineId, poolId, dedicated];
}

function isSignedReport(message: unknown): message is SignedReport {
  if (typeof message !== "object" || message === null) return false;
  const { machineId, poolId, dedicated, at, report, signature } = message as Record<string, unknown>;
  const texts = [machineId, poolId, report, signature].every((value) => typeof value === "string");
  return texts && typeof dedicated === "boolean" && typeof at === "number";
}
