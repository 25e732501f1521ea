import type { Hono } from "hono";
import { Refusal } from "../../domain/errors.ts";
import type { ApiContext, ApiEnv } from "../call.ts";
import { isId, isJobId } from "../odata/id.ts";

export type Verb = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
export type Handler = (c: ApiContext) => Promise<Response>;

/**
 * Registers what a path answers to; every other verb on it is refused with 405. HEAD is refused too unless `head` is set: hono hands it
 * to the GET handler and drops the body.
 */
export function route(app: Hono<ApiEnv>, path: string, verbs: { readonly [V in Verb]?: Handler }, options: { head?: true } = {}): void {
  for (const [verb, handler] of Object.entries(verbs)) {
    app.on(verb, path, (c) => {
      if (c.req.method === "HEAD" && !options.head) throw unsupportedVerb("HEAD");
      return handler(c);
    });
  }
  app.all(path, (c) => {
    throw unsupportedVerb(c.req.method);
  });
}

const MISSING = {
  poolId: "PoolNotFound",
  nodeId: "NodeNotFound",
  jobId: "JobNotFound",
  taskId: "TaskNotFound",
  jobScheduleId: "JobScheduleNotFound",
} as const;

/** The id that the path names. What can be no id names nothing: PoolNotFound and so on, without asking the store. */
export function idParam(c: ApiContext, name: keyof typeof MISSING): string {
  const id = c.req.param(name as never) as string | undefined;
  if (id === undefined || !(name === "jobId" ? isJobId(id) : isId(id))) throw new Refusal(MISSING[name]);
  return id;
}

function unsupportedVerb(method: string): Refusal {
  return new Refusal("UnsupportedHttpVerb", { Verb: method.slice(0, 32) });
}
