import type { Hono } from "hono";
import { nodeAddress } from "../../services/nodes/node-address.ts";
import { taskDirectory } from "../../services/tasks/task-directory.ts";
import type { ApiContext, ApiEnv } from "../call.ts";
import { listFiles } from "../files/file-listing.ts";
import { decodeFilePath } from "../files/file-path.ts";
import { deleteFile, getFile, type Root } from "../files/node-file.ts";
import { idParam, route } from "./route.ts";

/** Files of tasks and of nodes: the same operations on two kinds of root. */
export function fileRoutes(app: Hono<ApiEnv>): void {
  rootRoutes(app, "/jobs/:jobId/tasks/:taskId/files", async (c) => {
    const [jobId, taskId] = [idParam(c, "jobId"), idParam(c, "taskId")];
    return { ...(await taskDirectory(c.get("call").ctx, jobId, taskId)), url: `/jobs/${jobId}/tasks/${taskId}/files` };
  });
  rootRoutes(app, "/pools/:poolId/nodes/:nodeId/files", async (c) => {
    const [poolId, nodeId] = [idParam(c, "poolId"), idParam(c, "nodeId")];
    return { node: await nodeAddress(c.get("call").ctx, poolId, nodeId), path: "", url: `/pools/${poolId}/nodes/${nodeId}/files` };
  });
}

function rootRoutes(app: Hono<ApiEnv>, path: string, rootOf: (c: ApiContext) => Promise<Root>): void {
  route(app, path, { GET: async (c) => listFiles(c.get("call"), await rootOf(c)) });
  route(
    app,
    `${path}/*`,
    {
      GET: async (c) => {
        const file = filePath(c);
        return getFile(c, await rootOf(c), file);
      },
      DELETE: async (c) => {
        const file = filePath(c);
        return deleteFile(c.get("call"), await rootOf(c), file);
      },
    },
    { head: true },
  );
}

/** What follows the sixth slash, `/jobs/j/tasks/t/files/`, of the path as sent. */
function filePath(c: ApiContext): string {
  return decodeFilePath(c.get("call").path.split("/").slice(6).join("/"));
}
