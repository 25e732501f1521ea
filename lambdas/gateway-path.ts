/**
 * An HTTP API hands on the path decoded (all but `%25`), while clients sign it as they sent it. So it is encoded again here, as clients do: a file's path
 * is one part with `%2F` in it, everything else keeps its slashes.
 */
const FILE = /^(\/(?:jobs\/[^/]+\/tasks|pools\/[^/]+\/nodes)\/[^/]+\/files\/)(.+)$/s;
const STILL_ENCODED = /%(?!25)[0-9A-Fa-f]{2}/;

/** The request target as the client sent it, as far as that can be told. `stage` is what the gateway puts before every path, if anything. */
export function requestTarget(rawPath: string, rawQuery: string, stage: string): string {
  const path = stage !== "$default" && rawPath.startsWith(`/${stage}/`) ? rawPath.slice(stage.length + 1) : rawPath;
  const query = rawQuery === "" ? "" : `?${rawQuery}`;
  if (STILL_ENCODED.test(path)) return path + query;
  const plain = path.replaceAll("%25", "%");
  const [, before, file] = FILE.exec(plain) ?? [];
  return (before && file ? encoded(before) + encodeURIComponent(file) : encoded(plain)) + query;
}

function encoded(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}
