import { Refusal } from "../domain/errors.ts";
import { StoreError } from "../ports/store.ts";
import type { Incoming } from "./call.ts";
import { MINIMAL_METADATA, standardHeaders } from "./reply.ts";
import { wireTime } from "./values/timestamp.ts";

const ERROR_ELEMENT = "$metadata#Microsoft.Azure.Batch.Protocol.Entities.Container.errors/@Element";

/** What an error is to a client: a refusal as it is; anything else is the service's fault and tells nothing of its insides. */
export function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof StoreError && error.retryable) return new Refusal("ServerBusy");
  return new Refusal("InternalError");
}

/** The error as it stands in a body: `code`, `message` with the request's id and time, and `values` where they help. */
export function errorBody(refusal: Refusal, request: Incoming): Record<string, unknown> {
  const time = wireTime(new Date(request.ctx.clock.now()).toISOString());
  const values = Object.entries(refusal.details).map(([key, value]) => ({ key, value }));
  return {
    code: refusal.code,
    message: { lang: "en-US", value: `${refusal.message}\nRequestId:${request.requestId}\nTime:${time}` },
    ...(values.length > 0 && { values }),
  };
}

/** The answer to a refused request. A HEAD and a 304 have no body. */
export function errorResponse(refusal: Refusal, request: Incoming): Response {
  const headers: Record<string, string> = standardHeaders(request);
  if (refusal.status === 304) return new Response(null, { status: 304, headers });
  if (refusal.status === 503) headers["Retry-After"] = "1";
  headers["Content-Type"] = MINIMAL_METADATA;
  const body = { "odata.metadata": `${request.origin}/${ERROR_ELEMENT}`, ...errorBody(refusal, request) };
  return new Response(JSON.stringify(body), { status: refusal.status, headers });
}
