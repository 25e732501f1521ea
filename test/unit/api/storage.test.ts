import { beforeEach, describe, expect, it } from "vitest";
import type { Permission } from "../../../core/ports/files.ts";
import { type ApiWorld, apiWorld, errorOf, ORIGIN } from "./world.ts";

let world: ApiWorld;
beforeEach(() => {
  world = apiWorld();
});

const ALL: Permission[] = ["read", "write", "list", "delete"];

/** A signed target; `name` goes into the path even where the signature is the container's. */
function target(permissions: Permission[], name?: string, options: { of?: "blob"; seconds?: number; query?: string } = {}): string {
  const url = world.files.urlFor("inputs", options.of ? name : undefined, permissions, options.seconds ?? 60);
  const [path = "", query] = url.slice(ORIGIN.length).split("?");
  const full = options.of || name === undefined ? path : `${path}/${name.split("/").map(encodeURIComponent).join("/")}`;
  return `${full}?${query}${options.query ?? ""}`;
}

const put = (name: string, body: string) =>
  world.raw("PUT", target(["write"], name), {
    body,
    headers: { "x-ms-blob-type": "BlockBlob", "content-length": String(Buffer.byteLength(body)), "content-type": "text/csv" },
  });
const codeOf = async (response: Response) => [response.status, /<Code>(\w+)<\/Code>/.exec(await response.text())?.[1]];

describe("a blob", () => {
  it("is put, read, told of, and deleted", async () => {
    const created = await put("a/ü b.csv", "0123456789");
    expect([created.status, created.headers.get("etag")]).toEqual([201, expect.stringMatching(/^"0x\w+"$/)]);
    const read = await world.raw("GET", target(["read"], "a/ü b.csv"));
    expect([read.status, await read.text(), read.headers.get("content-type"), read.headers.get("content-length")]).toEqual([
      200,
      "0123456789",
      "text/csv",
      "10",
    ]);
    const head = await world.raw("HEAD", target(["read"], "a/ü b.csv"));
    expect([head.status, await head.text(), head.headers.get("content-length"), head.headers.get("x-ms-blob-type")]).toEqual([
      200,
      "",
      "10",
      "BlockBlob",
    ]);
    expect((await world.raw("DELETE", target(["delete"], "a/ü b.csv"))).status).toBe(202);
    expect(await codeOf(await world.raw("GET", target(["read"], "a/ü b.csv")))).toEqual([404, "BlobNotFound"]);
  });

  it.each(["range", "x-ms-range"])("in part, by %s, with 206", async (header) => {
    await put("a", "0123456789");
    const response = await world.raw("GET", target(["read"], "a"), { headers: { [header]: "bytes=2-3" } });
    expect([response.status, await response.text(), response.headers.get("content-range")]).toEqual([206, "23", "bytes 2-3/10"]);
    const beyond = await world.raw("GET", target(["read"], "a"), { headers: { [header]: "bytes=10-" } });
    expect(await codeOf(beyond)).toEqual([416, "InvalidRange"]);
  });

  it("may be put at an address that is asked for, by who may write it", async () => {
    const answer = await world.raw("GET", target(["write"], "a/large", { query: "&comp=shoal-upload-url" }));
    const place = await answer.text();
    expect([answer.status, new URL(place).pathname]).toEqual([200, "/storage/inputs/a/large"]);
    expect((await world.raw("PUT", place.slice(ORIGIN.length), { body: "x", headers: { "content-length": "1" } })).status).toBe(201);
    expect(await (await world.raw("GET", target(["read"], "a/large"))).text()).toBe("x");
    const reader = await world.raw("GET", target(["read"], "a/large", { query: "&comp=shoal-upload-url" }));
    expect(await codeOf(reader)).toEqual([403, "AuthorizationPermissionMismatch"]);
  });

  it("has a name of at most 1,024 bytes", async () => {
    expect((await put("n".repeat(1024), "x")).status).toBe(201);
    expect(await codeOf(await put("n".repeat(1025), "x"))).toEqual([400, "InvalidResourceName"]);
  });

  it("of no stated length is taken, within the limit", async () => {
    const body = new Response("streamed").body as ReadableStream<Uint8Array>;
    expect((await world.raw("PUT", target(["write"], "s"), { body })).status).toBe(201);
    expect(await (await world.raw("GET", target(["read"], "s"))).text()).toBe("streamed");
    const huge = await world.raw("PUT", target(["write"], "s"), { body: "x", headers: { "content-length": String(6000 * 1024 * 1024) } });
    expect(await codeOf(huge)).toEqual([413, "RequestBodyTooLarge"]);
  });
});

describe("a signature", () => {
  beforeEach(() => put("a", "x"));

  it.each([
    ["GET", "write", "AuthorizationPermissionMismatch"],
    ["PUT", "read", "AuthorizationPermissionMismatch"],
    ["DELETE", "write", "AuthorizationPermissionMismatch"],
  ] as const)("to %s is not one that permits to %s", async (method, permission, code) => {
    expect(await codeOf(await world.raw(method, target([permission], "a"), method === "PUT" ? { body: "" } : {}))).toEqual([403, code]);
  });

  it("of one blob opens no other, nor the container", async () => {
    expect((await world.raw("GET", target(ALL, "a", { of: "blob" }))).status).toBe(200);
    const other = target(ALL, "a", { of: "blob" }).replace("/inputs/a?", "/inputs/b?");
    expect(await codeOf(await world.raw("GET", other))).toEqual([403, "AuthenticationFailed"]);
    const listing = `${target(ALL, "a", { of: "blob" }).replace("/inputs/a?", "/inputs?")}&restype=container&comp=list`;
    expect((await world.raw("GET", listing)).status).toBe(403);
  });

  it.each([
    ["another container", (text: string) => text.replace("/inputs/", "/others/")],
    ["more permissions", (text: string) => text.replace("sp=r", "sp=rwdl")],
    ["more time", (text: string) => text.replace("2026", "2036")],
    ["another scope", (text: string) => text.replace("sr=c", "sr=b")],
    ["no signature", (text: string) => text.replace(/sig=.*/, "")],
    ["another signature", (text: string) => text.replace(/sig=.../, "sig=AAA")],
    ["no expiry", (text: string) => text.replace(/se=[^&]*/, "")],
  ])("does not stand with %s", async (_what, change) => {
    expect(await codeOf(await world.raw("GET", change(target(["read"], "a"))))).toEqual([403, "AuthenticationFailed"]);
  });

  it("ends when it says", async () => {
    const url = target(["read"], "a", { seconds: 60 });
    await world.clock.advance(59_000);
    expect((await world.raw("GET", url)).status).toBe(200);
    await world.clock.advance(1_000);
    expect(await codeOf(await world.raw("GET", url))).toEqual([403, "AuthenticationFailed"]);
  });

  it("of the account opens nothing here", async () => expect((await world.call("GET", "/storage/inputs/a")).status).toBe(403));
});

describe("names", () => {
  it.each(["../x", "a/../../x", "%2e%2e/x", "a%5Cb", "a%00", "a//b", "%ff"])("of blobs cannot be %s", async (name) => {
    const response = await world.raw("GET", target(ALL, "a").replace("/inputs/a?", `/inputs/${name}?`));
    expect(await codeOf(response)).toEqual([400, "InvalidResourceName"]);
  });
  it.each(["In", "in", "a--b", "-ab", "x".repeat(64), "..", "a_b"])("of containers cannot be %s", async (name) => {
    const response = await world.raw("GET", target(ALL, "a").replace("/inputs/", `/${name}/`));
    expect(response.status).toBe(400);
  });
});

describe("a container's listing", () => {
  const list = async (query = "") =>
    (await world.raw("GET", target(["list"], undefined, { query: `&restype=container&comp=list${query}` }))).text();
  const names = (xml: string) => [...xml.matchAll(/<Name>(.*?)<\/Name>/g)].map(([, name]) => name);

  it("goes through all pages, in XML", async () => {
    for (const name of ["b", "a&b/<c>.txt", "a/d"]) await put(name, "12");
    const first = await list("&maxresults=2");
    expect(names(first)).toEqual(["a&amp;b/&lt;c&gt;.txt", "a/d"]);
    expect(first).toContain(`<EnumerationResults ServiceEndpoint="${ORIGIN}/storage/" ContainerName="inputs">`);
    expect(first).toContain("<Content-Length>2</Content-Length><Content-Type>text/csv</Content-Type><BlobType>BlockBlob</BlobType>");
    const marker = /<NextMarker>(.*)<\/NextMarker>/.exec(first)?.[1];
    const second = await list(`&maxresults=2&marker=${marker}`);
    expect([names(second), second.includes("<NextMarker></NextMarker>")]).toEqual([["b"], true]);
    expect(names(await list("&prefix=a%2F"))).toEqual(["a/d"]);
  });

  it.each(["&maxresults=0", "&maxresults=5001", "&marker=!", "&delimiter=/", `&prefix=${"x".repeat(2000)}`])(
    "refuses %.20s",
    async (query) => {
      expect(await list(query)).toMatch(/<Code>(InvalidQueryParameterValue|OutOfRangeQueryParameterValue)<\/Code>/);
    },
  );
});

it("block uploads and other operations are refused by name", async () => {
  expect(await codeOf(await world.raw("PUT", target(ALL, "a", { query: "&comp=block&blockid=x" }), { body: "x" }))).toEqual([
    400,
    "UnsupportedQueryParameter",
  ]);
  expect(await codeOf(await world.raw("POST", target(ALL, "a"), { body: "x" }))).toEqual([405, "UnsupportedHttpVerb"]);
  expect(await codeOf(await world.raw("GET", target(ALL)))).toEqual([405, "UnsupportedHttpVerb"]);
});

describe("a container's URL", () => {
  it("is given to the account, and works", async () => {
    const response = await world.call("POST", "/shoal/containers/inputs/url", { permissions: "rwl", hours: 24 }, { version: null });
    const { url } = (await response.json()) as { url: string };
    expect(url).toMatch(/^http:\/\/batch.test:8470\/storage\/inputs\?sp=rwl&se=2026-11-25T06%3A00%3A00Z&sr=c&sig=/);
    const body = { body: "x", headers: { "content-length": "1" } };
    expect((await world.raw("PUT", url.slice(ORIGIN.length).replace("/inputs?", "/inputs/x?"), body)).status).toBe(201);
  });

  it.each([
    [{ permissions: "rx", hours: 1 }, "InvalidPropertyValue"],
    [{ permissions: "r", hours: 169 }, "InvalidPropertyValue"],
    [{ permissions: "r", hours: 0 }, "InvalidPropertyValue"],
    [{ permissions: "r" }, "MissingRequiredProperty"],
    [[], "MissingRequiredProperty"],
    [null, "InvalidRequestBody"],
  ])("is not given for %j", async (body, code) => {
    expect(await errorOf(await world.call("POST", "/shoal/containers/inputs/url", body ?? "null", { version: null }))).toMatchObject({
      status: 400,
      code,
    });
  });

  it("is not given without a key, or for no container", async () => {
    expect((await world.raw("POST", "/shoal/containers/inputs/url")).status).toBe(400);
    expect((await world.call("POST", "/shoal/containers/No/url", { permissions: "r", hours: 1 })).status).toBe(400);
    expect(await errorOf(await world.call("GET", "/shoal/other"))).toMatchObject({ code: "InvalidUri" });
  });
});
