import { describe, expect, it } from "vitest";
import { signed, type ToSign } from "./signing.ts";
import { ACCOUNT, apiWorld, errorOf, KEY, NEWEST, POOL } from "./world.ts";

const OTHER_KEY = Buffer.from("the other key of the account").toString("base64");

function send(request: Partial<ToSign> & { body?: string; sent?: Record<string, string> }) {
  const world = apiWorld();
  const method = request.method ?? "GET";
  const target = request.target ?? `/pools?api-version=${NEWEST}`;
  const headers = request.headers ?? { "ocp-date": new Date(world.clock.now()).toUTCString() };
  const all = signed({ account: ACCOUNT, key: KEY, ...request, method, target, headers });
  return world.raw(method, target, { headers: { ...all, ...request.sent }, ...(request.body !== undefined && { body: request.body }) });
}

const DATE = { "ocp-date": "Tue, 24 Nov 2026 06:00:00 GMT" };
const FILE = `/jobs/j/tasks/t/files/wd%2Fa%20b%2F%C3%BC.txt?api-version=${NEWEST}`;

/** A good signature leads to an answer about the resource, whatever it is. */
async function isIn(response: Promise<Response>): Promise<boolean> {
  const { status } = await response;
  return status !== 403 && status !== 400;
}

describe("a signature of each client is taken", () => {
  it("one as documented", async () => expect((await send({})).status).toBe(200));
  it("one with the account's other key", async () => expect((await send({ key: OTHER_KEY })).status).toBe(200));
  it("one with the Date header", async () => expect((await send({ headers: { date: DATE["ocp-date"] } })).status).toBe(200));
  it("one with a body, its length and its type", async () => {
    const body = JSON.stringify(POOL);
    const headers = {
      ...DATE,
      "content-type": "application/json; odata=minimalmetadata",
      "content-length": String(Buffer.byteLength(body)),
    };
    expect((await send({ method: "POST", headers, body })).status).toBe(201);
  });
  it.each([
    ["0 signed, nothing sent (JavaScript, DELETE)", "DELETE", {}, "0"],
    ["0 signed, nothing sent (JavaScript, HEAD)", "HEAD", {}, "0"],
    ["0 signed and sent (JavaScript, POST)", "POST", { "content-length": "0" }, "0"],
    ["nothing signed, 0 sent", "POST", { "content-length": "0" }, ""],
    ["nothing signed, nothing sent (Python)", "DELETE", {}, ""],
  ])("Content-Length: %s", async (_what, method, extra, contentLength) => {
    const target = `/pools/none${method === "POST" ? "/stopresize" : ""}?api-version=${NEWEST}`;
    expect((await send({ method, target, headers: { ...DATE, ...extra }, variant: { contentLength } })).status).toBe(404);
  });
  it("a path as sent", async () => expect(await isIn(send({ target: FILE, headers: DATE }))).toBe(true));
  it("a path with %2F as / (JavaScript before 2018-12)", async () => {
    const path = (text: string) => text.replace(/%5C/g, "/").replace(/%2F/g, "/");
    expect(await isIn(send({ target: FILE, headers: DATE, variant: { path } }))).toBe(true);
  });
  it("the id of a schedule's job with its colon as it is, behind a gateway that encodes it again", async () => {
    const path = (text: string) => text.replaceAll("%3A", ":");
    const target = `/jobs/nightly%3Ajob-1?api-version=${NEWEST}`;
    expect((await send({ target, headers: DATE, variant: { path } })).status).toBe(404);
  });
  it("query names in lower case (.NET)", async () => {
    const target = `/pools?timeOut=5&api-version=${NEWEST}`;
    expect((await send({ target, headers: DATE, variant: { lowerNames: true } })).status).toBe(200);
  });
  it("blank values left out (Python)", async () => {
    const target = `/pools?$filter=&api-version=${NEWEST}&$select=`;
    expect((await send({ target, headers: DATE, variant: { dropBlank: true } })).status).toBe(200);
  });
  it("a query with encoded values and plus signs", async () => {
    const target = `/pools?$filter=${encodeURIComponent("id eq 'a'")}&api-version=${NEWEST}`.replaceAll("%20", "+");
    expect((await send({ target, headers: DATE })).status).toBe(200);
  });
});

describe("anything else is refused", () => {
  it("another key", async () => expect((await errorOf(await send({ key: "b3RoZXI=" }))).code).toBe("AuthenticationFailed"));
  it("another account", async () => {
    const error = await errorOf(await send({ account: "other" }));
    expect(error).toMatchObject({ status: 403, code: "AuthenticationFailed" });
  });
  it("a body's length other than the one signed", async () => {
    const headers = { ...DATE, "content-type": "application/json", "content-length": "2" };
    expect((await send({ method: "POST", headers, variant: { contentLength: "" }, body: "{}" })).status).toBe(403);
  });
  it.each(["if-match", "range", "content-type", "ocp-range", "if-modified-since"])("a %s header that was not signed", async (name) => {
    expect((await send({ sent: { [name]: "x" } })).status).toBe(403);
  });
  it.each([-16, 16])("a clock %i minutes off", async (minutes) => {
    const at = new Date(Date.UTC(2026, 10, 24, 6, minutes)).toUTCString();
    const error = await errorOf(await send({ headers: { "ocp-date": at } }));
    expect(error).toMatchObject({ status: 403, code: "AuthenticationFailed" });
    expect(error.values?.[0]?.value).toContain("clock");
  });
  it.each([-14, 14])("but not one %i minutes off", async (minutes) => {
    const at = new Date(Date.UTC(2026, 10, 24, 6, minutes)).toUTCString();
    expect((await send({ headers: { "ocp-date": at } })).status).toBe(200);
  });
  it.each([{}, { "ocp-date": "yesterday" }])("no time to check: %o", async (headers) => {
    expect((await errorOf(await send({ headers }))).code).toBe("AuthenticationFailed");
  });
  it.each(["", "Bearer abc", "SharedKey shoal", "SharedKey shoal:abc", "SharedKey :"])("the Authorization %j", async (authorization) => {
    const error = await errorOf(await send({ sent: { authorization } }));
    expect(error).toMatchObject({ status: 400, code: "InvalidAuthenticationInfo" });
  });
});
