import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { confine } from "../../node-agent/confine.ts";
import { blobUrl, parseListing } from "../../node-agent/container-files.ts";
import { TaskFailure } from "../../node-agent/failures.ts";
import { fetchResourceFiles } from "../../node-agent/resource-files.ts";

let server: Server;
let base: string;
let wd: string;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
const asked: string[] = [];

beforeEach(async () => {
  asked.length = 0;
  wd = mkdtempSync(join(tmpdir(), "shoal-files-"));
  server = createServer((request, response) => {
    asked.push(request.url ?? "");
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  rmSync(wd, { recursive: true, force: true });
  return new Promise((resolve) => server.close(resolve));
});

const never = new AbortController().signal;
const status = (code: number) => (_: IncomingMessage, response: ServerResponse) => response.writeHead(code).end();
const failureOf = async (files: Parameters<typeof fetchResourceFiles>[0]) => {
  const error = await fetchResourceFiles(files, wd, never).catch((thrown: unknown) => thrown);
  if (!(error instanceof TaskFailure)) throw new Error(`not a failure of the task: ${error}`);
  return error.info;
};

describe("a file by its URL", () => {
  it("comes under its path with its mode, through redirects", async () => {
    answer = (request, response) => (request.url === "/to" ? response.end("content") : response.writeHead(302, { location: "/to" }).end());
    await fetchResourceFiles([{ httpUrl: `${base}/from`, filePath: "in/deep/data.txt" }], wd, never);
    await fetchResourceFiles([{ httpUrl: `${base}/to`, filePath: "run.sh", fileMode: "0755" }], wd, never);
    expect(readFileSync(join(wd, "in/deep/data.txt"), "utf8")).toBe("content");
    expect(statSync(join(wd, "in/deep/data.txt")).mode & 0o777).toBe(0o770);
    expect(statSync(join(wd, "run.sh")).mode & 0o777).toBe(0o755);
    expect(readdirSync(wd).sort()).toEqual(["in", "run.sh"]);
  });

  it("is asked for again after an error that may pass", async () => {
    let calls = 0;
    answer = (request, response) => {
      calls++;
      if (calls === 1) request.socket.destroy();
      else if (calls === 2) status(503)(request, response);
      else if (calls === 3) response.writeHead(200, { "content-length": "100" }).write("half", () => request.socket.destroy());
      else response.end("whole");
    };
    await fetchResourceFiles([{ httpUrl: `${base}/x`, filePath: "x" }], wd, never);
    expect(readFileSync(join(wd, "x"), "utf8")).toBe("whole");
  });

  it.each([
    [404, "BlobNotFound", "usererror", 1],
    [403, "BlobAccessDenied", "usererror", 1],
    [400, "BlobDownloadMiscError", "servererror", 1],
    [504, "BlobDownloadTimedOut", "servererror", 5],
  ])("answers HTTP %d with %s", async (code, expected, category, tries) => {
    answer = status(code);
    const failure = await failureOf([{ httpUrl: `${base}/x?sig=secret`, filePath: "x" }]);
    expect(failure).toMatchObject({ code: expected, category });
    expect(failure.details).toEqual([
      { name: "FilePath", value: "x" },
      { name: "HttpUrl", value: `${base}/x` },
    ]);
    expect(asked).toHaveLength(tries);
    expect(readdirSync(wd)).toEqual([]);
  });

  it("fails on what is no URL, on redirects in a circle, and on a path that leads out", async () => {
    answer = (_, response) => response.writeHead(302, { location: "/again" }).end();
    expect((await failureOf([{ httpUrl: "file:///etc/passwd", filePath: "x" }])).code).toBe("BlobDownloadMiscError");
    expect((await failureOf([{ httpUrl: `${base}/again`, filePath: "x" }])).code).toBe("BlobDownloadMiscError");
    expect((await failureOf([{ httpUrl: `${base}/x`, filePath: "../x" }])).code).toBe("ResourceFileCreateFailed");
  });

  it("is given up at once when its task ends", async () => {
    const aborter = new AbortController();
    answer = () => aborter.abort();
    await expect(fetchResourceFiles([{ httpUrl: `${base}/x`, filePath: "x" }], wd, aborter.signal)).rejects.toThrow();
    expect(readdirSync(wd)).toEqual([]);
  });
});

describe("a container", () => {
  const page = (names: string[], next: string) =>
    `<?xml version="1.0"?><EnumerationResults><Blobs>${names
      .map((name) => `<Blob><Name>${name}</Name><Properties><Content-Length>1</Content-Length></Properties></Blob>`)
      .join("")}</Blobs><NextMarker>${next}</NextMarker></EnumerationResults>`;

  it("comes page by page, its directories kept, its query with every request", async () => {
    answer = (request, response) => {
      const url = new URL(request.url ?? "", base);
      if (url.searchParams.get("comp") !== "list") response.end(`content of ${decodeURIComponent(url.pathname)}`);
      else response.end(url.searchParams.has("marker") ? page(["in/d&amp;e/ü f.txt"], "") : page(["in/a.txt", "in/sub/"], "m 1"));
    };
    await fetchResourceFiles([{ storageContainerUrl: `${base}/box?sig=a%2Bb`, blobPrefix: "in/", filePath: "data" }], wd, never);
    expect(readFileSync(join(wd, "data/in/a.txt"), "utf8")).toBe("content of /box/in/a.txt");
    expect(readFileSync(join(wd, "data/in/d&e/ü f.txt"), "utf8")).toBe("content of /box/in/d&e/ü f.txt");
    expect(statSync(join(wd, "data/in/sub")).isDirectory()).toBe(true);
    expect(asked[0]).toContain("restype=container&comp=list&prefix=in%2F");
    expect(asked.every((url) => url.includes("sig=a%2Bb"))).toBe(true);
  });

  it("cannot write outside the working directory", async () => {
    answer = (_, response) => response.end(page(["../../evil"], ""));
    expect((await failureOf([{ storageContainerUrl: `${base}/box` }])).code).toBe("ResourceFileCreateFailed");
  });

  it("lists names that XML cannot hold", () => {
    const xml = `<Blob><Name Encoded="true">a%EF%BF%BFb</Name></Blob><Blob><Name>x&lt;&#x41;&#66;</Name></Blob><NextMarker />`;
    expect(parseListing(xml)).toEqual({ names: ["a\uffffb", "x<AB"], next: "" });
    expect(blobUrl("http://h/box?s=1", "a/b c#?.txt")).toBe("http://h/box/a/b%20c%23%3F.txt?s=1");
  });
});

describe("confine", () => {
  it.each([[""], ["/etc/passwd"], ["a/../../b"], [".."], ["."], ["a\0b"]])("refuses %j", (path) =>
    expect(() => confine("/wd", path, "linux")).toThrow(TaskFailure),
  );
  it.each([["C:\\x"], ["a\\..\\..\\b"], ["\\x"], ["a:b"]])("refuses %j on Windows", (path) =>
    expect(() => confine("/wd", path, "win32")).toThrow(TaskFailure),
  );
  it("never leads out", () => {
    const segment = fc.constantFrom("..", ".", "", "a", "b c", "...", "\\", "é");
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 8 }), (segments) => {
        try {
          expect(confine("/wd", segments.join("/"), "linux")).toMatch(/^\/wd\/./);
        } catch (error) {
          expect(error).toBeInstanceOf(TaskFailure);
        }
      }),
    );
  });
});
