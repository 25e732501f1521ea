import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { type HttpListener, type HttpListenerOptions, listenHttp } from "../../../local/http-listener.ts";

const open: HttpListener[] = [];
afterEach(() => Promise.all(open.splice(0).map((listener) => listener.close(0))));

async function serve(fetch: HttpListenerOptions["fetch"]): Promise<HttpListener & { url: string }> {
  const listener = await listenHttp({ host: "127.0.0.1", port: 0, fetch });
  open.push(listener);
  return { ...listener, url: `http://127.0.0.1:${listener.port}` };
}

/** Sends these bytes and gives all that comes back. */
function exchange(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk;
    });
    socket.on("end", () => resolve(answer));
    socket.on("error", reject);
  });
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

const closing = (line: string, host = "a.test") => `${line} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;

describe("the HTTP listener", () => {
  it("hands on the target as it was sent, and the host", async () => {
    const { port } = await serve((request, { target }) => new Response(`${target} ${request.url}`));
    for (const target of ["/a/../b", "/files/wd%2Fa%20b%2F%C3%BC.txt?x=%2f", "/a\\..\\b", "//x//", "/%2e%2e/%5c"]) {
      expect(await exchange(port, closing(`GET ${target}`))).toContain(`${target} http://a.test/`);
    }
  });

  it("answers what is no request with 400", async () => {
    const { port } = await serve(() => new Response("reached"));
    expect(await exchange(port, closing("GET /", "no host"))).toMatch(/^HTTP\/1.1 400 /);
    expect(await exchange(port, "NONSENSE\r\n\r\n")).toMatch(/^HTTP\/1.1 400 /);
  });

  it("streams bodies both ways without holding them", async () => {
    const chunk = new Uint8Array(64 * 1024);
    const chunks = 2048;
    let largest = 0;
    let produced = 0;
    const { url } = await serve(async (request) => {
      let received = 0;
      for await (const part of request.body as unknown as AsyncIterable<Uint8Array>) received += part.byteLength;
      const body = new ReadableStream<Uint8Array>({
        pull(controller) {
          if (produced++ < chunks) controller.enqueue(chunk);
          else controller.close();
          largest = Math.max(largest, process.memoryUsage().arrayBuffers);
        },
      });
      return new Response(body, { headers: { "x-received": String(received) } });
    });
    const before = process.memoryUsage().arrayBuffers;
    let sent = 0;
    const upload = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (sent++ < chunks) controller.enqueue(chunk);
        else controller.close();
      },
    });
    const response = await fetch(url, { method: "PUT", body: upload, duplex: "half" } as RequestInit);
    expect(response.headers.get("x-received")).toBe(String(chunks * chunk.byteLength));
    let received = 0;
    for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) received += part.byteLength;
    expect(received).toBe(chunks * chunk.byteLength);
    expect(largest - before).toBeLessThan((chunks * chunk.byteLength) / 2);
  });

  it("stops a stream that nobody reads any more", async () => {
    const cancelled = deferred();
    const { url } = await serve(
      () =>
        new Response(
          new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1024)), cancel: () => cancelled.resolve() }),
        ),
    );
    const abort = new AbortController();
    const response = await fetch(url, { signal: abort.signal });
    await response.body?.getReader().read();
    abort.abort();
    await cancelled.promise;
  });

  it("lets a request under way finish before it closes", async () => {
    const started = deferred();
    const release = deferred();
    const listener = await serve(async () => {
      started.resolve();
      await release.promise;
      return new Response("done");
    });
    const answer = fetch(listener.url).then((response) => response.text());
    await started.promise;
    const closed = listener.close();
    await expect(fetch(listener.url)).rejects.toThrow();
    release.resolve();
    expect(await answer).toBe("done");
    await closed;
  });

  it("cuts off what does not finish in time", async () => {
    const started = deferred();
    const listener = await serve(() => {
      started.resolve();
      return new Promise<Response>(() => undefined);
    });
    const answer = fetch(listener.url);
    const failed = expect(answer).rejects.toThrow();
    await started.promise;
    await listener.close(1);
    await failed;
  });

  it("says which port it cannot have", async () => {
    const { port } = await serve(() => new Response());
    await expect(listenHttp({ host: "127.0.0.1", port, fetch: () => new Response() })).rejects.toMatchObject({ code: "EADDRINUSE" });
  });
});
