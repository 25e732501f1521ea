import { Hono } from "hono";
import { Refusal } from "../domain/errors.ts";
import type { Log } from "../ports/log.ts";
import type { Context } from "../services/context.ts";
import type { ApiEnv } from "./call.ts";
import { asRefusal, errorResponse } from "./errors.ts";
import { handleStorage } from "./files/storage.ts";
import { StorageRefusal, storageErrorResponse } from "./files/storage-error.ts";
import { admitCall, admitSigned } from "./middleware/admission.ts";
import { incoming, routingPath } from "./middleware/incoming.ts";
import { accountRoutes } from "./routes/account.ts";
import { containerRoutes } from "./routes/containers.ts";
import { fileRoutes } from "./routes/files.ts";
import { jobNodeRoutes } from "./routes/job-nodes.ts";
import { jobRoutes } from "./routes/jobs.ts";
import { nodeOperationRoutes } from "./routes/node-operations.ts";
import { nodeRoutes } from "./routes/nodes.ts";
import { poolRoutes } from "./routes/pools.ts";
import { scheduleRoutes } from "./routes/schedules.ts";
import { statisticsRoutes } from "./routes/statistics.ts";
import { taskRoutes } from "./routes/tasks.ts";
import { whyRoutes } from "./routes/why.ts";

export interface AppOptions {
  readonly context: Context;
  readonly accountName: string;
  /** The account's keys, base64; asked for on each request, so that a key can be rotated while the service runs. */
  readonly keys: () => Promise<readonly string[]>;
  readonly log: Log;
}

/**
 * The whole HTTP surface as one `fetch(request, { target })`: the Batch API by Shared Key, and the storage endpoint by signed URLs.
 * `target`, where the transport knows it, is the request target as it came, so that no path is changed on its way.
 */
export function createApp(options: AppOptions): Hono<ApiEnv> {
  const { context, log } = options;
  const account = { name: options.accountName, keys: options.keys };
  const app = new Hono<ApiEnv>({ getPath: (request, extra) => routingPath(request, (extra as { env?: ApiEnv["Bindings"] })?.env) });

  app.use("*", async (c, next) => {
    c.set("incoming", incoming(c, context));
    await next();
  });

  app.all("/storage/*", (c) => handleStorage(c, account));

  app.use("/shoal/*", async (c, next) => {
    await admitSigned(c, account);
    await next();
  });
  containerRoutes(app);
  whyRoutes(app);
  app.all("/shoal/*", () => {
    throw new Refusal("InvalidUri");
  });

  app.use("*", async (c, next) => {
    c.set("call", await admitCall(c, account));
    await next();
  });
  poolRoutes(app);
  accountRoutes(app);
  statisticsRoutes(app);
  nodeRoutes(app);
  nodeOperationRoutes(app);
  jobRoutes(app);
  jobNodeRoutes(app);
  scheduleRoutes(app);
  taskRoutes(app);
  fileRoutes(app);

  app.notFound((c) => errorResponse(new Refusal("InvalidUri"), c.get("incoming")));
  app.onError((error, c) => {
    const request = c.get("incoming");
    const expected = error instanceof Refusal || error instanceof StorageRefusal;
    if (!expected) log("error", "request-failed", { requestId: request.requestId, method: c.req.method, path: request.path, error });
    if (request.path.startsWith("/storage/")) return storageErrorResponse(error, request, c.req.method === "HEAD");
    return errorResponse(asRefusal(error), request);
  });
  return app;
}
