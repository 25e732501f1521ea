import { createServer, type IncomingMessage, type Server } from "node:http";
import { getRequestListener } from "@hono/node-server";

export interface HttpListenerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** `target` is the request target as the client sent it. */
  readonly fetch: (request: Request, env: { target: string }) => Response | Promise<Response>;
}

export interface HttpListener {
  readonly port: number;
  /** Takes no more connections, lets requests under way finish for `graceMs` (10 s by default), then cuts them off. */
  close(graceMs?: number): Promise<void>;
}

/** Longer than clients keep an idle connection, so that none is closed while a request is on its way to it. */
const KEEP_ALIVE_MS = 75_000;
const HEADERS_MS = 30_000;
/** A request and its body: long enough for a large upload, and an end to one that trickles. */
const REQUEST_MS = 30 * 60_000;
/** While closing. */
const IDLE_CHECK_MS = 20;
const MAX_CONNECTIONS = 10_000;

/** Serves HTTP on one address. Rejects with the system's error (`EADDRINUSE`, `EACCES`) where it cannot listen there. */
export async function listenHttp(options: HttpListenerOptions): Promise<HttpListener> {
  const targets = new WeakMap<IncomingMessage, string>();
  const listener = getRequestListener(
    (request, env) => options.fetch(request, { target: targets.get((env as { incoming: IncomingMessage }).incoming) ?? "/" }),
    {
      // What reaches this is no HTTP request, such as a Host header that is no host: the application answers everything else itself.
      errorHandler: () => new Response("Bad request: check the Host header.\n", { status: 400 }),
    },
  );
  const server = createServer(
    { keepAliveTimeout: KEEP_ALIVE_MS, headersTimeout: HEADERS_MS, requestTimeout: REQUEST_MS },
    (incoming, outgoing) => {
      // A URL object would fold `..` and backslashes away before anybody could refuse them, so the target goes beside it, untouched.
      targets.set(incoming, incoming.url ?? "/");
      incoming.url = "/";
      void listener(incoming, outgoing);
    },
  );
  server.maxConnections = MAX_CONNECTIONS;
  await listen(server, options);
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : options.port;
  return { port, close: (graceMs = 10_000) => close(server, graceMs) };
}

function listen(server: Server, { host, port }: HttpListenerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, backlog: 1024 }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function close(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const cutOff = setTimeout(() => server.closeAllConnections(), graceMs);
    // Node.js closes the connections that are idle now; one whose request ends later would be kept alive.
    const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS);
    server.close((error) => {
      clearTimeout(cutOff);
      clearInterval(idle);
      if (error && (error as NodeJS.ErrnoException).code !== "ERR_SERVER_NOT_RUNNING") reject(error);
      else resolve();
    });
    server.closeIdleConnections();
  });
}
