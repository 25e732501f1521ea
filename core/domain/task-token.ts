import { createHmac, timingSafeEqual } from "node:crypto";
import type { TaskRef } from "./refs.ts";

/** One attempt of one task: who a token speaks for. */
export interface TaskClaim extends TaskRef {
  readonly attempt: number;
}

/** Signs a text with an account's key (base64). The first line tells what kind of text it is, so that no signature is good for another kind. */
export function signedWith(key: string, text: string): string {
  return createHmac("sha256", Buffer.from(key, "base64")).update(text).digest("base64url");
}

/**
 * The bearer token of an attempt. It is made from the account's key, so nothing is stored; whether the attempt still runs is looked up when it is used. `sign`:
 * as {@link signedWith} with the account's key.
 */
export function taskToken({ jobId, uid, taskId, attempt }: TaskClaim, sign: (text: string) => string): string {
  const claim = Buffer.from(JSON.stringify([jobId, uid, taskId, attempt])).toString("base64url");
  return `${claim}.${sign(signedText(claim))}`;
}

/** Who a token speaks for; undefined where it is none that one of the keys (base64) made. Compares in constant time. */
export function readTaskToken(token: string, keys: readonly string[]): TaskClaim | undefined {
  const [, claim, signature] = /^([\w-]{1,1024})\.([\w-]{43})$/.exec(token) ?? [];
  if (claim === undefined || signature === undefined) return undefined;
  const given = Buffer.from(signature);
  if (!keys.some((key) => timingSafeEqual(Buffer.from(signedWith(key, signedText(claim))), given))) return undefined;
  const [jobId, uid, taskId, attempt] = JSON.parse(Buffer.from(claim, "base64url").toString("utf8"));
  return { jobId, uid, taskId, attempt };
}

function signedText(claim: string): string {
  return `shoal-task-1\n${claim}`;
}
