import { describe, expect, it } from "vitest";
import { preconditions } from "../../../core/api/middleware/conditions.ts";
import { apiWorld, errorOf, JOB, POOL } from "./world.ts";

const DATE = "Tue, 24 Nov 2026 06:00:00 GMT";
const AT = Date.parse(DATE);

describe("condition headers", () => {
  it.each([
    [{}, undefined],
    [{ "if-match": "0x8D1" }, { ifMatch: "0x8D1" }],
    [{ "if-none-match": "*" }, { ifNoneMatch: "*" }],
    [
      { "if-match": "a", "if-unmodified-since": DATE },
      { ifMatch: "a", ifUnmodifiedSince: AT },
    ],
    [
      { "if-none-match": "a", "if-modified-since": DATE },
      { ifNoneMatch: "a", ifModifiedSince: AT },
    ],
  ])("%o", (headers, expected) => expect(preconditions(new Headers(headers as Record<string, string>))).toEqual(expected));

  it.each([
    { "if-match": "a", "if-none-match": "b" },
    { "if-match": "a", "if-modified-since": DATE },
    { "if-none-match": "a", "if-unmodified-since": DATE },
    { "if-modified-since": DATE, "if-unmodified-since": DATE },
  ])("%o contradict one another", (headers) => {
    expect(() => preconditions(new Headers(headers as Record<string, string>))).toThrow(
      expect.objectContaining({ code: "MultipleConditionHeadersNotSupported" }),
    );
  });

  it("that are no date are refused", () => {
    expect(() => preconditions(new Headers({ "if-modified-since": "2026-11-24" }))).toThrow(
      expect.objectContaining({ code: "InvalidHeaderValue" }),
    );
  });
});

describe("conditions on a job", () => {
  async function withJob() {
    const world = apiWorld();
    await world.call("POST", "/pools", POOL);
    const created = await world.call("POST", "/jobs", JOB);
    return { ...world, etag: created.headers.get("etag") ?? "", modified: created.headers.get("last-modified") ?? "" };
  }
  const before = "Tue, 24 Nov 2026 05:00:00 GMT";

  it("a read answers 304, with no body and the request's id", async () => {
    const { call, etag, modified } = await withJob();
    for (const headers of [{ "if-none-match": etag }, { "if-none-match": `"${etag}"` }, { "if-modified-since": modified }]) {
      const response = await call("GET", "/jobs/Job-1", undefined, { headers: headers as Record<string, string> });
      expect([response.status, await response.text()]).toEqual([304, ""]);
      expect(response.headers.get("request-id")).toMatch(/^\w{16}$/);
    }
  });

  it("a read that has what it wants answers it", async () => {
    const { call, etag } = await withJob();
    for (const headers of [{ "if-match": etag }, { "if-none-match": "0x8D0" }, { "if-modified-since": before }]) {
      expect((await call("GET", "/jobs/Job-1", undefined, { headers: headers as Record<string, string> })).status).toBe(200);
    }
  });

  it("a change with another ETag answers 412 and changes nothing", async () => {
    const { call } = await withJob();
    for (const [method, path, body] of [
      ["PATCH", "/jobs/Job-1", { priority: 5 }],
      ["DELETE", "/jobs/Job-1"],
      ["POST", "/jobs/Job-1/disable", { disableTasks: "requeue" }],
      ["POST", "/jobs/Job-1/terminate"],
    ] as const) {
      const error = await errorOf(
        await call(method, path, body, { headers: { "if-match": "0x8D0", ...(!body && method === "POST" && { "content-length": "0" }) } }),
      );
      expect(error).toMatchObject({ status: 412, code: "ConditionNotMet" });
    }
    expect(await (await call("GET", "/jobs/Job-1")).json()).toMatchObject({ priority: 0, state: "active" });
  });
});
