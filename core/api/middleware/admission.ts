import { Refusal } from "../../domain/errors.ts";
import type { ApiContext, Call } from "../call.ts";
import { parseVersion } from "../versions/versions.ts";
import { authenticate } from "./shared-key.ts";
import { authenticateTask, bearerToken } from "./task-token.ts";

export interface Account {
  readonly name: string;
  /** The account's keys, base64; asked for on each request, so that a key can be rotated while the service runs. */
  keys(): Promise<readonly string[]>;
}

/** Lets a request in that the account signed. Throws InvalidAuthenticationInfo, AuthenticationFailed or MissingContentLengthHeader. */
export async function admitSigned(c: ApiContext, account: Account): Promise<void> {
  const { path, query, ctx } = c.get("incoming");
  const { headers, method } = c.req.raw;
  authenticate({ method, headers, path, query }, account.name, await account.keys(), ctx.clock.now());
  if (headers.has("transfer-encoding") && !headers.has("content-length")) throw new Refusal("MissingContentLengthHeader");
}

/** A request to the API itself, signed or with a task's token: of a version that is spoken, with a timeout that makes sense. */
export async function admitCall(c: ApiContext, account: Account): Promise<Call> {
  const token = bearerToken(c.req.raw.headers);
  if (token === undefined) await admitSigned(c, account);
  else await authenticateTask(c, token, await account.keys());
  const request = c.get("incoming");
  // A timeout above 30 seconds means 30, as Azure says of it; no operation here takes nearly so long.
  request.query.integer("timeout", 1, 2 ** 31 - 1);
  return { ...request, version: parseVersion(request.query.get("api-version")) };
}
