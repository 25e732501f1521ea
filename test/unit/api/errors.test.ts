import { describe, expect, it } from "vitest";
import { StoreError } from "../../../core/ports/store.ts";
import { signed } from "./signing.ts";
import { ACCOUNT, apiWorld, errorOf, JOB, KEY, NEWEST, ORIGIN, POOL, TASK } from "./world.ts";

async function withPool() {
  const world = apiWorld();
  expect((await world.call("POST", "/pools", POOL)).status).toBe(201);
  return world;
}

describe("an error", () => {
  it("has Azure's form", async () => {
    const { call } = apiWorld();
    const response = await call("GET", "/pools/none", undefined, {
      headers: { "client-request-id": "mine-1", "return-client-request-id": "true" },
    });
    const id = response.headers.get("request-id");
    expect(response.status).toBe(404);
    expect(response.headers.get("content-type")).toBe("application/json;odata=minimalmetadata");
    expect(response.headers.get("dataserviceversion")).toBe("3.0");
    expect(response.headers.get("client-request-id")).toBe("mine-1");
    expect(await response.json()).toEqual({
      "odata.metadata": `${ORIGIN}/$metadata#Microsoft.Azure.Batch.Protocol.Entities.Container.errors/@Element`,
      code: "PoolNotFound",
      message: { lang: "en-US", value: `There is no such pool.\nRequestId:${id}\nTime:2026-11-24T06:00:00.0000000Z` },
    });
  });

  it("does not give back a request id that nobody asked for, or that is no header", async () => {
    const { call } = apiWorld();
    const unasked = await call("GET", "/pools/none", undefined, { headers: { "client-request-id": "mine" } });
    const odd = await call("GET", "/pools/none", undefined, { headers: { "client-request-id": "é ", "return-client-request-id": "true" } });
    expect([unasked.headers.get("client-request-id"), odd.headers.get("client-request-id")]).toEqual([null, null]);
  });

  it.each([
    ["GET", "/nothing", 400, "InvalidUri"],
    ["GET", "/", 400, "InvalidUri"],
    ["GET", "/jobs/a/b/c/d/e/f", 400, "InvalidUri"],
    ["PUT", "/pools", 405, "UnsupportedHttpVerb"],
    ["DELETE", "/jobs/a/taskcounts", 405, "UnsupportedHttpVerb"],
    ["OPTIONS", "/jobs", 405, "UnsupportedHttpVerb"],
    ["GET", "/pools/%2e%2e", 404, "PoolNotFound"],
    ["GET", `/pools/${"a".repeat(65)}`, 404, "PoolNotFound"],
    ["GET", "/pools/none/nodes", 404, "PoolNotFound"],
    ["GET", "/jobs/none/tasks", 404, "JobNotFound"],
    ["GET", "/jobs/none/tasks?$filter=id%20eq%20'a'", 404, "JobNotFound"],
    ["GET", "/pools?maxresults=0", 400, "OutOfRangeQueryParameterValue"],
    ["GET", "/pools?maxresults=1001", 400, "OutOfRangeQueryParameterValue"],
    ["GET", "/pools?maxresults=ten", 400, "InvalidQueryParameterValue"],
    ["GET", "/pools?timeout=0", 400, "OutOfRangeQueryParameterValue"],
    ["GET", "/pools?$filter=name%20eq%20'a'", 400, "InvalidQueryParameterValue"],
    ["GET", "/pools?$filter=id%20eq%20'a'&$filter=id%20eq%20'b'", 400, "InvalidQueryParameterValue"],
    ["GET", "/pools?$select=id,secret", 400, "InvalidQueryParameterValue"],
    ["GET", "/pools?$expand=nodes", 400, "InvalidQueryParameterValue"],
    ["GET", "/pools?$skiptoken=forged", 400, "InvalidQueryParameterValue"],
  ])("%s %s is %i %s", async (method, path, status, code) => {
    expect(await errorOf(await apiWorld().call(method, path))).toMatchObject({ status, code });
  });

  it("about the query's encoding comes before the signature, which cannot be judged then", async () => {
    expect(await errorOf(await apiWorld().raw("GET", "/pools?a=%ff", { headers: { authorization: "x" } }))).toMatchObject({ status: 400 });
  });

  it.each([null, "2014-01-01.1.0", "", "2024-07-01"])("about the version %j", async (version) => {
    const error = await errorOf(await apiWorld().call("GET", "/pools", undefined, { version }));
    expect(error).toMatchObject({ status: 400, code: "UnsupportedRequestVersion" });
    expect(error.message.value).toContain(NEWEST);
  });

  it("takes a timeout above 30 for 30, as Azure does", async () => {
    expect((await apiWorld().call("GET", "/pools?timeout=60")).status).toBe(200);
  });
});

describe("a body that is refused changes nothing", () => {
  it.each([
    ["{", 400, "InvalidRequestBody"],
    ["[]", 400, "InvalidRequestBody"],
    ["null", 400, "InvalidRequestBody"],
    [`{"id":"a","id2":"b"}`, 400, "InvalidRequestBody"],
    ["[".repeat(100) + "]".repeat(100), 400, "InvalidRequestBody"],
    [`{"id":"${"a".repeat(65)}","vmSize":"x"}`, 400, "InvalidPropertyValue"],
    [`{"id":"a"}`, 400, "MissingRequiredProperty"],
    [`{"id":"a","vmSize":"${"x".repeat(1024 * 1024)}"}`, 413, "RequestBodyTooLarge"],
  ])("%.40s", async (body, status, code) => {
    const { call } = apiWorld();
    expect(await errorOf(await call("POST", "/pools", body))).toMatchObject({ status, code });
    expect(await (await call("GET", "/pools")).json()).toMatchObject({ value: [] });
  });

  it("of bytes that are not UTF-8", async () => {
    const { raw, clock } = apiWorld();
    const headers = { "ocp-date": new Date(clock.now()).toUTCString(), "content-type": "application/json", "content-length": "4" };
    const target = `/pools?api-version=${NEWEST}`;
    const body = new Uint8Array([0x22, 0xff, 0xfe, 0x22]);
    const response = await raw("POST", target, { headers: signed({ method: "POST", target, headers, account: ACCOUNT, key: KEY }), body });
    expect(await errorOf(response)).toMatchObject({ status: 400, code: "InvalidRequestBody" });
  });

  it("where it is missing, or its length is", async () => {
    const { call } = apiWorld();
    expect(await errorOf(await call("POST", "/pools", undefined, { headers: { "content-length": "0" } }))).toMatchObject({
      code: "InvalidRequestBody",
    });
    expect(await errorOf(await call("POST", "/pools", undefined, { headers: { "transfer-encoding": "chunked" } }))).toMatchObject({
      status: 411,
      code: "MissingContentLengthHeader",
    });
  });
});

describe("what nobody foresaw", () => {
  it("is 500 without a word of its insides, logged with the request's id", async () => {
    const { call, context, logged } = apiWorld();
    Object.assign(context.store, {
      query: () => {
        throw new TypeError("secret insides");
      },
    });
    const response = await call("GET", "/pools");
    const text = await response.text();
    expect(response.status).toBe(500);
    expect(JSON.parse(text).code).toBe("InternalError");
    expect(text).not.toMatch(/secret|TypeError|\.ts/);
    expect(logged).toMatchObject([{ event: "request-failed", fields: { requestId: response.headers.get("request-id") } }]);
  });
});

it("a store that cannot take a write now is ServerBusy", async () => {
  const { call, context, logged } = apiWorld();
  Object.assign(context.store, { write: () => Promise.reject(new StoreError("the disk is full", true)) });
  const response = await call("POST", "/pools", POOL);
  expect(response.headers.get("retry-after")).toBe("1");
  expect(await errorOf(response)).toMatchObject({ status: 503, code: "ServerBusy" });
  expect(logged).toHaveLength(1);
});

describe("a task collection", () => {
  async function withJob() {
    const world = await withPool();
    expect((await world.call("POST", "/jobs", JOB)).status).toBe(201);
    return world;
  }
  const ids = async (world: Awaited<ReturnType<typeof withJob>>) =>
    ((await (await world.call("GET", "/jobs/Job-1/tasks")).json()) as { value: { id: string }[] }).value.map((task) => task.id);

  it("answers for each task by itself, in the order sent", async () => {
    const world = await withJob();
    await world.call("POST", "/jobs/Job-1/tasks", { ...TASK, id: "old" });
    const response = await world.call("POST", "/jobs/Job-1/addtaskcollection", {
      value: [
        { ...TASK, id: "b" },
        { ...TASK, id: "OLD" },
        { ...TASK, id: "not an id" },
        { ...TASK, id: "c", constraints: { maxWallClockTime: "soon" } },
        { ...TASK, id: "B" },
        { ...TASK, id: "a" },
      ],
    });
    expect(response.status).toBe(200);
    const { value, ...rest } = (await response.json()) as { value: Record<string, unknown>[] };
    expect(rest).toEqual({ "odata.metadata": `${ORIGIN}/$metadata#taskaddresult` });
    expect(value.map((one) => [one.taskId, one.status, (one.error as { code: string } | undefined)?.code])).toEqual([
      ["b", "success", undefined],
      ["OLD", "clienterror", "TaskExists"],
      ["not an id", "clienterror", "InvalidPropertyValue"],
      ["c", "clienterror", "InvalidPropertyValue"],
      ["B", "clienterror", "TaskExists"],
      ["a", "success", undefined],
    ]);
    expect(value[0]).toMatchObject({ eTag: expect.stringMatching(/^0x8D/), location: `${ORIGIN}/jobs/Job-1/tasks/b` });
    expect(await ids(world)).toEqual(["a", "b", "old"]);
  });

  it.each([
    [{}, "MissingRequiredProperty"],
    [[], "MissingRequiredProperty"],
    [{ value: {} }, "InvalidRequestBody"],
    [{ value: Array.from({ length: 101 }, (_, index) => ({ ...TASK, id: `t${index}` })) }, "InvalidRequestBody"],
    [{ value: [{ ...TASK, id: "a" }, { id: "b" }] }, "MissingRequiredProperty"],
    [
      {
        value: [
          { ...TASK, id: "a" },
          { ...TASK, id: "b", colour: "red" },
        ],
      },
      "InvalidRequestBody",
    ],
    [{ value: [{ ...TASK, id: "a" }, null] }, "InvalidRequestBody"],
  ])("of the wrong shape is refused as a whole: %.60j", async (body, code) => {
    const world = await withJob();
    const error = await errorOf(await world.call("POST", "/jobs/Job-1/addtaskcollection", body));
    expect(error).toMatchObject({ status: 400, code });
    expect(await ids(world)).toEqual([]);
  });

  it("names the property of the task that is wrong", async () => {
    const world = await withJob();
    const error = await errorOf(await world.call("POST", "/jobs/Job-1/addtaskcollection", { value: [{ ...TASK, id: "a" }, { id: "b" }] }));
    expect(error.values).toContainEqual({ key: "PropertyName", value: "value[1].commandLine" });
  });

  it("of a job that is not there is JobNotFound", async () => {
    const error = await errorOf(await (await withPool()).call("POST", "/jobs/none/addtaskcollection", { value: [TASK] }));
    expect(error).toMatchObject({ status: 404, code: "JobNotFound" });
  });
});
