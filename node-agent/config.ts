/** Where the control plane listens: a socket's path (a pipe's name on Windows), or an address. */
export type Endpoint = { readonly path: string } | { readonly host: string; readonly port: number };

/** What whoever starts an agent tells it, as one JSON line on its stdin. */
export interface AgentConfig {
  readonly machineId: string;
  /** Lives in memory only: not in an argument, not in an environment, not on disk. */
  readonly secret: string;
  /** The node's root directory, absolute. */
  readonly root: string;
  readonly endpoint: Endpoint;
  readonly ipAddress: string;
  /** Path of the launcher's program. */
  readonly launcher: string;
  /** Where what the agent writes to stderr is kept. */
  readonly logFile: string;
}

/** Throws an error that names what is wrong and never repeats a value. */
export function parseConfig(line: string): AgentConfig {
  let given: Record<string, unknown>;
  try {
    given = asObject(JSON.parse(line));
  } catch (error) {
    throw new Error("The agent's configuration must be one line on stdin that holds a JSON object.", { cause: error });
  }
  const mistakes: string[] = [];
  const text = (name: string): string => {
    const value = given[name];
    if (typeof value === "string" && value !== "") return value;
    mistakes.push(`${name} must be a string`);
    return "";
  };
  const endpoint = parseEndpoint(given.endpoint);
  if (endpoint === undefined) mistakes.push("endpoint must be {path} or {host, port}");
  const config = {
    machineId: text("machineId"),
    secret: text("secret"),
    root: text("root"),
    ipAddress: text("ipAddress"),
    launcher: text("launcher"),
    logFile: text("logFile"),
  };
  if (endpoint === undefined || mistakes.length > 0) throw new Error(`The agent's configuration is not complete: ${mistakes.join("; ")}.`);
  return { ...config, endpoint };
}

function asObject(value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null) throw new TypeError("not an object");
  return value as Record<string, unknown>;
}

function parseEndpoint(value: unknown): Endpoint | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { path, host, port } = value as Record<string, unknown>;
  if (typeof path === "string") return { path };
  return typeof host === "string" && typeof port === "number" ? { host, port } : undefined;
}
