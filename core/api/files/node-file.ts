import { Refusal } from "../../domain/errors.ts";
import { checkPreconditions } from "../../domain/preconditions.ts";
import type { NodeAddress, NodeFileStat } from "../../ports/files.ts";
import type { ApiContext, Call } from "../call.ts";
import { dateConditions } from "../middleware/conditions.ts";
import { httpDate, standardHeaders } from "../reply.ts";
import { encodeFilePath } from "./file-path.ts";
import { parseRange, type Span } from "./range.ts";

/** A directory of a node whose files are shown: the node's root, or a task's. */
export interface Root {
  readonly node: NodeAddress;
  /** From the node's root; empty for the root itself. */
  readonly path: string;
  /** URL path of its files, as in `/jobs/j/tasks/t/files`. */
  readonly url: string;
}

/** A file's content, streamed, or with HEAD what is known of it. As in Azure, a range (`ocp-range`) is answered with 200. */
export async function getFile(c: ApiContext, root: Root, path: string): Promise<Response> {
  const call = c.get("call");
  const { nodeFiles } = call.ctx;
  const stat = await nodeFiles.stat(root.node, below(root, path));
  if (!stat) throw new Refusal("FileNotFound");
  checkPreconditions({ etag: "", lastModified: stat.lastModified }, dateConditions(c.req.raw.headers), true);
  const head = c.req.method === "HEAD";
  if (stat.directory && !head) throw new Refusal("OperationNotValidOnNode", { Reason: "The path names a directory. List it instead." });
  const range = head ? undefined : parseRange("ocp-range", c.req.raw.headers.get("ocp-range"), stat.size);
  // A file that is written to grows while it is read: the length promised is the length sent.
  const span = range ?? { start: 0, end: stat.size - 1 };
  const headers = fileHeaders(call, `${call.origin}${root.url}/${encodeFilePath(path)}`, stat, span);
  if (head || stat.size === 0) return new Response(null, { status: 200, headers });
  const content = await nodeFiles.read(root.node, below(root, path), span);
  if (!content) throw new Refusal("FileNotFound");
  return new Response(content, { status: 200, headers });
}

/** Removes a file, or a directory: one that is not empty only with `recursive=true`. */
export async function deleteFile(call: Call, root: Root, path: string): Promise<Response> {
  const recursive = call.query.boolean("recursive") ?? false;
  const outcome = await call.ctx.nodeFiles.remove(root.node, below(root, path), recursive);
  if (outcome === "missing") throw new Refusal("FileNotFound");
  if (outcome === "not-empty") {
    throw new Refusal("OperationInvalidForCurrentState", { Reason: "The directory is not empty. Delete it with recursive=true." });
  }
  return new Response(null, { status: 200, headers: { ...standardHeaders(call), "Content-Length": "0" } });
}

export function below(root: Root, path: string): string {
  return root.path === "" ? path : path === "" ? root.path : `${root.path}/${path}`;
}

function fileHeaders(call: Call, url: string, stat: NodeFileStat, span: Span): Record<string, string> {
  return {
    ...standardHeaders(call),
    "Content-Length": String(stat.directory ? 0 : span.end - span.start + 1),
    "Content-Type": stat.contentType,
    "Last-Modified": httpDate(stat.lastModified),
    "ocp-creation-time": httpDate(stat.creationTime),
    "ocp-batch-file-isdirectory": stat.directory ? "True" : "False",
    "ocp-batch-file-url": encodeURIComponent(url),
    ...(stat.mode !== undefined && { "ocp-batch-file-mode": stat.mode }),
  };
}
