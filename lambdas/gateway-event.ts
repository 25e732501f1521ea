import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";

/** Lambda takes 6 MB of JSON as an answer; base64 makes three bytes four. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

/** The request that an event of an HTTP API (payload 2.0) stands for; its path is beside it, see {@link requestTarget}. */
export function requestOf(event: APIGatewayProxyEventV2, origin: string): Request {
  const { method } = event.requestContext.http;
  const headers = new Headers();
  for (const [name, value] of Object.entries(event.headers)) if (value !== undefined) headers.set(name, value);
  const body = event.body === undefined ? undefined : Buffer.from(event.body, event.isBase64Encoded ? "base64" : "utf8");
  const bare = method === "GET" || method === "HEAD" || body === undefined || body.length === 0;
  return new Request(`${origin}/`, { method, headers, ...(bare ? {} : { body }) });
}

/** The answer, as Lambda gives it to the gateway. `spool`: keeps a body that is too large for that somewhere else, and answers from where it can be read. */
export async function resultOf(
  response: Response,
  spool: (head: readonly Uint8Array[], rest: ReadableStream<Uint8Array>, contentType: string) => Promise<string>,
): Promise<APIGatewayProxyStructuredResultV2> {
  const headers = Object.fromEntries(response.headers);
  const head: Uint8Array[] = [];
  let bytes = 0;
  const reader = response.body?.getReader();
  for (let step = await reader?.read(); step && !step.done; step = await reader?.read()) {
    head.push(step.value);
    bytes += step.value.length;
    if (bytes <= MAX_ANSWER_BYTES || !reader) continue;
    reader.releaseLock();
    const location = await spool(head, response.body as ReadableStream<Uint8Array>, headers["content-type"] ?? "application/octet-stream");
    const { "content-length": _, ...others } = headers;
    return { statusCode: 307, headers: { ...others, location }, body: "" };
  }
  return { statusCode: response.status, headers, body: Buffer.concat(head).toString("base64"), isBase64Encoded: true };
}
