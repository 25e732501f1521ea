import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { OutputFile } from "../../../core/domain/specs.ts";
import { findFiles } from "../../../node-agent/glob.ts";
import { uploadOutputs } from "../../../node-agent/output-files.ts";

let server: Server;
let base: string;
let root: string;
let working: string;
let answer: (request: IncomingMessage, response: ServerResponse, tried: number) => void;
const stored = new Map<string, string>();
let requests = 0;

beforeEach(async () => {
  stored.clear();
  requests = 0;
  root = mkdtempSync(join(tmpdir(), "shoal-outputs-"));
  working = join(root, "workitems/j/job-1/t/wd");
  for (const name of ["a.txt", "b.txt", "c.log", "d/e.txt", "d/f/g.txt", "[x].txt", "../stdout.txt", "../stderr.txt"]) {
    mkdirSync(dirname(join(working, name)), { recursive: true });
    writeFileSync(join(working, name), `content of ${name}`);
  }
  answer = (_, response) => response.writeHead(201).end();
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      stored.set(decodeURIComponent((request.url ?? "").split("?")[0] ?? ""), body);
      answer(request, response, ++requests);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  rmSync(root, { recursive: true, force: true });
  return new Promise((resolve) => server.close(resolve));
});

function output(
  filePattern: string,
  path?: string,
  uploadCondition: OutputFile["uploadOptions"]["uploadCondition"] = "taskcompletion",
): OutputFile {
  const container = { containerUrl: `${base}/out?sig=secret`, ...(path === undefined ? {} : { path }) };
  return { filePattern, destination: { container }, uploadOptions: { uploadCondition } };
}
const upload = (files: OutputFile[], succeeded = true, signal = new AbortController().signal) =>
  uploadOutputs({ files, working, root, environment: { AZ_BATCH_TASK_DIR: dirname(working) }, succeeded }, signal);
const names = async (pattern: string) => (await findFiles(pattern, working, root)).map(({ name }) => name);

describe("a pattern", () => {
  it.each([
    ["a.txt", ["a.txt"]],
    ["*.txt", ["[x].txt", "a.txt", "b.txt"]],
    ["**/*.txt", ["[x].txt", "a.txt", "b.txt", "d/e.txt", "d/f/g.txt"]],
    ["d/**", ["e.txt", "f/g.txt"]],
    ["?.[lt]*", ["a.txt", "b.txt", "c.log"]],
    ["[!a-b].*", ["c.log"]],
    ["../std*.txt", ["stderr.txt", "stdout.txt"]],
    ["nothing*", []],
    ["nothing", []],
    ["d", []],
  ])("%s matches %j", async (pattern, expected) => {
    expect(await names(pattern)).toEqual(expected);
  });

  it("never leads out of the node's directories, not by a link either", async () => {
    writeFileSync(join(root, "../outside.secret"), "secret");
    symlinkSync(join(root, "../outside.secret"), join(working, "link.secret"));
    symlinkSync("/", join(working, "all"));
    expect(await names("**/*.secret")).toEqual([]);
    expect(await upload([output("/etc/*")])).toMatchObject({ category: "usererror", code: "FileUploadMiscError" });
    expect(await upload([output("../../../../../../*")])).toMatchObject({ code: "FileUploadMiscError" });
    rmSync(join(root, "../outside.secret"));
  });
});

describe("output files", () => {
  it("go to the container under their names, or where its path says", async () => {
    expect(
      await upload([output("**/*.txt", "all/"), output("a.txt", "one/result"), output("$AZ_BATCH_TASK_DIR/stdout.txt")]),
    ).toBeUndefined();
    expect([...stored.keys()].sort()).toEqual([
      "/out/all/[x].txt",
      "/out/all/a.txt",
      "/out/all/b.txt",
      "/out/all/d/e.txt",
      "/out/all/d/f/g.txt",
      "/out/one/result",
      "/out/stdout.txt",
    ]);
    expect(stored.get("/out/one/result")).toBe("content of a.txt");
  });

  it("are those that such an end asks for", async () => {
    const files = [output("a.txt", "s", "tasksuccess"), output("a.txt", "f", "taskfailure"), output("a.txt", "c", "taskcompletion")];
    await upload(files, true);
    expect([...stored.keys()].sort()).toEqual(["/out/c", "/out/s"]);
    stored.clear();
    await upload(files, false);
    expect([...stored.keys()].sort()).toEqual(["/out/c", "/out/f"]);
  });

  it("are sent again after an error that may pass", async () => {
    answer = (_, response, tried) => response.writeHead(tried < 3 ? 503 : 201).end();
    expect(await upload([output("a.txt")])).toBeUndefined();
    expect(requests).toBe(3);
  });

  it.each([
    [404, "usererror", "FileUploadContainerNotFound"],
    [403, "usererror", "FileUploadAccessDenied"],
    [400, "servererror", "FileUploadMiscError"],
  ])("that are refused with %i are a %s of code %s, which gives no signature away", async (status, category, code) => {
    answer = (_, response) => response.writeHead(status).end();
    const failure = await upload([output("a.txt")]);
    expect(failure).toMatchObject({ category, code });
    expect(JSON.stringify(failure)).not.toContain("secret");
    expect(requests).toBe(1);
  });

  it("stop where the task is ended meanwhile", async () => {
    const aborter = new AbortController();
    answer = () => aborter.abort();
    await expect(upload([output("a.txt")], true, aborter.signal)).rejects.toThrow();
  });
});

describe("an output of more than 4 MiB", () => {
  const large = "x".repeat(4 * 1024 * 1024 + 1);
  const own = (): OutputFile => {
    const file = output("a.txt");
    return { ...file, destination: { container: { ...file.destination.container, containerUrl: `${base}/storage/out?sig=secret` } } };
  };
  const asked: string[] = [];
  beforeEach(() => {
    asked.length = 0;
    writeFileSync(join(working, "a.txt"), large);
  });

  it("goes where the service's own storage says, and a small one straight there", async () => {
    answer = ({ method, url = "" }, response) => {
      asked.push(`${method} ${url}`);
      if (url.includes("comp=")) response.end(`${base}/bucket/a.txt?signed`);
      else response.writeHead(url.startsWith("/storage/out/a.txt") ? 413 : 200).end();
    };
    expect(await upload([own()])).toBeUndefined();
    expect(asked).toEqual(["GET /storage/out/a.txt?sig=secret&comp=shoal-upload-url", "PUT /bucket/a.txt?signed"]);
    expect(stored.get("/bucket/a.txt")).toBe(large);
    expect(await upload([output("b.txt")])).toBeUndefined();
    expect(asked.at(-1)).toBe("PUT /out/b.txt?sig=secret");
  });

  it("goes straight there where the storage is another's, which knows of no such question", async () => {
    answer = ({ method }, response) => response.writeHead(method === "GET" ? 400 : 201).end();
    expect(await upload([own(), output("a.txt")])).toBeUndefined();
    expect(stored.get("/storage/out/a.txt")).toBe(large);
    expect(stored.get("/out/a.txt")).toBe(large);
    expect(requests).toBe(3);
  });
});
