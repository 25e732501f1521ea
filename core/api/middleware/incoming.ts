import type { Context } from "../../services/context.ts";
import type { ApiContext, ApiEnv, Incoming } from "../call.ts";
import { Query } from "./query.ts";

/** A client's id is echoed when it can stand in a header as it is. */
const ECHOABLE = /^[\x21-\x7e]{1,128}$/;

/** What the request says of itself. Never throws: a refusal needs the request's id too. */
export function incoming(c: ApiContext, ctx: Context): Incoming {
  const target = requestTarget(c.req.raw, c.env);
  const mark = target.indexOf("?");
  const { headers, url } = c.req.raw;
  return {
    ctx,
    requestId: ctx.ids.next(),
    clientRequestId: echoed(headers),
    origin: url.slice(0, url.indexOf("/", url.indexOf("://") + 3)),
    path: mark < 0 ? target : target.slice(0, mark),
    query: new Query(mark < 0 ? "" : target.slice(mark + 1)),
  };
}

/** The path that routes are chosen by: as sent, so that `%2F` in a file's name stays within its part of the path. */
export function routingPath(request: Request, env: ApiEnv["Bindings"] | undefined): string {
  const target = requestTarget(request, env);
  const mark = target.indexOf("?");
  return mark < 0 ? target : target.slice(0, mark);
}

function requestTarget(request: Request, env: ApiEnv["Bindings"] | undefined): string {
  if (env?.target !== undefined) return env.target;
  const { url } = request;
  return url.slice(url.indexOf("/", url.indexOf("://") + 3));
}

function echoed(headers: Headers): string | undefined {
  if (headers.get("return-client-request-id")?.toLowerCase() !== "true") return undefined;
  const id = headers.get("client-request-id");
  return id !== null && ECHOABLE.test(id) ? id : undefined;
}
