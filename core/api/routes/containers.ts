import type { Hono } from "hono";
import { invalidProperty, Refusal } from "../../domain/errors.ts";
import type { Permission } from "../../ports/files.ts";
import type { ApiEnv } from "../call.ts";
import { parseContainer } from "../files/storage.ts";
import { StorageRefusal } from "../files/storage-error.ts";
import { readJson } from "../middleware/body.ts";
import { standardHeaders } from "../reply.ts";
import { route } from "./route.ts";

const MAX_HOURS = 7 * 24;
const PERMISSIONS: Readonly<Record<string, Permission>> = { r: "read", w: "write", l: "list", d: "delete" };

/** An operation of our own, as Azure has none: `POST /shoal/containers/{name}/url` gives a signed URL of a container. */
export function containerRoutes(app: Hono<ApiEnv>): void {
  route(app, "/shoal/containers/:container/url", {
    POST: async (c) => {
      const { ctx, origin } = c.get("incoming");
      const container = containerName(c.req.param("container" as never));
      const { permissions, hours } = parseGrant(await readJson(c.req.raw));
      const url = asReached(ctx.files.urlFor(container, undefined, permissions, hours * 3600), ctx.settings.accountUrl, origin);
      const headers = { ...standardHeaders(c.get("incoming")), "Content-Type": "application/json" };
      return new Response(JSON.stringify({ url }), { status: 200, headers });
    },
  });
}

/** Where the files are served beside the API, a client that reaches the one under another address reaches the other so too. */
function asReached(url: string, accountUrl: string, origin: string): string {
  return url.startsWith(`${accountUrl}/`) ? origin + url.slice(accountUrl.length) : url;
}

function containerName(raw: string): string {
  try {
    return parseContainer(raw);
  } catch (error) {
    throw error instanceof StorageRefusal ? new Refusal("InvalidUri", { Reason: error.message }) : error;
  }
}

/** `{ permissions: "rwl", hours: 24 }`: letters of r, w, l, d; more than 0 and at most 168 hours. */
function parseGrant(body: unknown): { permissions: Permission[]; hours: number } {
  if (typeof body !== "object" || body === null) throw new Refusal("InvalidRequestBody", { Reason: "The body must be a JSON object." });
  const { permissions, hours } = body as { permissions?: unknown; hours?: unknown };
  if (permissions === undefined) throw new Refusal("MissingRequiredProperty", { PropertyName: "permissions" });
  if (hours === undefined) throw new Refusal("MissingRequiredProperty", { PropertyName: "hours" });
  if (typeof permissions !== "string" || !/^[rwld]{1,4}$/.test(permissions)) {
    throw invalidProperty("permissions", permissions, "Give one or more of the letters r, w, l, d.");
  }
  if (typeof hours !== "number" || !(hours > 0 && hours <= MAX_HOURS)) {
    throw invalidProperty("hours", hours, `Give a number above 0 and at most ${MAX_HOURS}.`);
  }
  return { permissions: [...permissions].flatMap((letter) => PERMISSIONS[letter] ?? []), hours };
}
