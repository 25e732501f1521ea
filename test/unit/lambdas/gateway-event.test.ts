import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { describe, expect, it } from "vitest";
import { requestOf, resultOf } from "../../../lambdas/gateway-event.ts";

function event(method: string, more: Partial<APIGatewayProxyEventV2> = {}): APIGatewayProxyEventV2 {
  const context = { http: { method }, stage: "$default" } as APIGatewayProxyEventV2["requestContext"];
  return {
    headers: {},
    rawPath: "/",
    rawQueryString: "",
    requestContext: context,
    isBase64Encoded: false,
    ...more,
  } as APIGatewayProxyEventV2;
}

const noSpool = () => Promise.reject(new Error("nothing is to be kept elsewhere"));

describe("a request", () => {
  it("has the event's method, headers and body", async () => {
    const request = requestOf(event("POST", { headers: { "content-length": "2", "ocp-date": "now" }, body: "{}" }), "https://a.example");
    expect([request.method, request.headers.get("content-length"), request.headers.get("ocp-date")]).toEqual(["POST", "2", "now"]);
    expect([request.url, await request.text()]).toEqual(["https://a.example/", "{}"]);
  });
  it("has the bytes of a body that came as base64", async () => {
    const request = requestOf(event("PUT", { body: "AP+A", isBase64Encoded: true }), "https://a.example");
    expect([...new Uint8Array(await request.arrayBuffer())]).toEqual([0, 255, 128]);
  });
  it("has no body where the event has none", () => {
    expect(requestOf(event("DELETE"), "https://a.example").body).toBeNull();
    expect(requestOf(event("GET", { body: "" }), "https://a.example").body).toBeNull();
  });
});

describe("an answer", () => {
  it("is handed on with its bytes as base64", async () => {
    const bytes = new Uint8Array([0, 255, 10]);
    const result = await resultOf(new Response(bytes, { status: 206, headers: { ETag: "0x1" } }), noSpool);
    expect(result).toEqual({ statusCode: 206, headers: { etag: "0x1" }, body: "AP8K", isBase64Encoded: true });
  });
  it("keeps the length that a HEAD tells", async () => {
    const result = await resultOf(new Response(null, { headers: { "Content-Length": "7" } }), noSpool);
    expect(result).toMatchObject({ headers: { "content-length": "7" }, body: "" });
  });
  it("is kept elsewhere where it is too large, and leads there", async () => {
    const chunk = new Uint8Array(1024 * 1024).fill(7);
    let left = 9;
    const body = new ReadableStream<Uint8Array>({ pull: (controller) => (left-- > 0 ? controller.enqueue(chunk) : controller.close()) });
    let kept = 0;
    const result = await resultOf(new Response(body, { headers: { "content-type": "text/plain" } }), async (head, rest, type) => {
      for (const part of head) kept += part.length;
      for await (const part of rest as unknown as AsyncIterable<Uint8Array>) kept += part.length;
      return `https://s3.example/${type}`;
    });
    expect(kept).toBe(9 * chunk.length);
    expect(result).toMatchObject({ statusCode: 307, headers: { location: "https://s3.example/text/plain" }, body: "" });
  });
});
