import type { NodeFileStat } from "../../ports/files.ts";
import type { Call } from "../call.ts";
import { invalidFilter, parseFilter } from "../odata/filter.ts";
import { listingReply, MAX_RESULTS } from "../odata/listing.ts";
import { FILE_FILTER } from "../odata/properties.ts";
import { scan } from "../odata/scan.ts";
import { readSkiptoken } from "../odata/skiptoken.ts";
import { renderBody } from "../versions/translate.ts";
import { encodeFilePath, MAX_PATH_BYTES, pathFault } from "./file-path.ts";
import { below, type Root } from "./node-file.ts";

/**
 * One page of a root's files. A filter `startswith(name,'wd/out')` looks only into the directory that the prefix names, so that without
 * `recursive` a client walks the tree a directory at a time. Names compare as they are: case matters to the nodes' file systems.
 */
export async function listFiles(call: Call, root: Root): Promise<Response> {
  const { query } = call;
  const limit = query.integer("maxresults", 1, MAX_RESULTS) ?? MAX_RESULTS;
  const recursive = query.boolean("recursive") ?? false;
  const prefix = namePrefix(query.get("$filter"));
  const start = below(root, directoryOf(prefix));
  const name = (file: NodeFileStat) => file.path.slice(root.path === "" ? 0 : root.path.length + 1);
  const page = await scan<NodeFileStat>(
    async (request) => {
      const listed = await call.ctx.nodeFiles.list(root.node, start, { recursive, ...request });
      return listed ? { items: listed.files, ...(listed.next !== undefined && { next: listed.next }) } : { items: [] };
    },
    (file) => name(file).startsWith(prefix),
    readSkiptoken(query, MAX_PATH_BYTES),
    limit,
  );
  return listingReply(
    call,
    "files",
    page.items.map((file) => renderBody("NodeFile", fileView(call, root, name(file), file), call.version)),
    page.next,
  );
}

function namePrefix(text: string | undefined): string {
  if (text === undefined) return "";
  const filter = parseFilter(text, FILE_FILTER);
  if (filter.kind !== "startswith") throw invalidFilter(text, "Files are filtered by startswith(name,'...') alone.");
  const directory = directoryOf(filter.prefix);
  const fault = filter.prefix.startsWith("/") ? "It must be relative." : directory === "" ? undefined : pathFault(directory);
  if (fault !== undefined) throw invalidFilter(text, fault);
  return filter.prefix;
}

/** Of a name's beginning, the directories that it names in full. */
function directoryOf(prefix: string): string {
  return prefix.slice(0, Math.max(0, prefix.lastIndexOf("/")));
}

function fileView(call: Call, root: Root, name: string, stat: NodeFileStat): Record<string, unknown> {
  return {
    name,
    url: `${call.origin}${root.url}/${encodeFilePath(name)}`,
    isDirectory: stat.directory,
    // Azure gives a directory no properties.
    ...(!stat.directory && {
      properties: {
        creationTime: stat.creationTime,
        lastModified: stat.lastModified,
        contentLength: stat.size,
        contentType: stat.contentType,
        ...(stat.mode !== undefined && { fileMode: stat.mode }),
      },
    }),
  };
}
