import type { ProcessUser } from "../process.ts";

/** What the installation tells the agent, as a JSON file. */
export interface AgentSettings {
  /** Where the control plane answers, without a slash at the end. */
  readonly accountUrl: string;
  /** The node's root directory, absolute. */
  readonly root: string;
  /** Where what the agent writes to stderr is kept. */
  readonly logFile: string;
  /** Whose processes tasks are: not the agent's own, so that they cannot read its memory, nor ask the metadata service. */
  readonly user?: ProcessUser;
}

/** Throws an error that names what is wrong. */
export function parseSettings(text: string): AgentSettings {
  const given = JSON.parse(text) as Record<string, unknown>;
  const mistakes: string[] = [];
  const word = (name: string): string => {
    const value = given[name];
    if (typeof value === "string" && value !== "") return value;
    mistakes.push(`${name} must be a string`);
    return "";
  };
  const settings = { accountUrl: word("accountUrl"), root: word("root"), logFile: word("logFile") };
  const { user } = given;
  if (user !== undefined && !isUser(user)) mistakes.push("user must be {uid, gid}");
  if (mistakes.length > 0) throw new Error(`The agent's settings are not complete: ${mistakes.join("; ")}.`);
  return { ...settings, ...(isUser(user) ? { user } : {}) };
}

function isUser(value: unknown): value is ProcessUser {
  if (typeof value !== "object" || value === null) return false;
  const { uid, gid } = value as Record<string, unknown>;
  return Number.isInteger(uid) && Number.isInteger(gid);
}
