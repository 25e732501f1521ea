import type { ServerOptions } from "./options.ts";

interface SystemError {
  readonly code?: string;
  readonly syscall?: string;
  readonly path?: string;
}

/** Why the server cannot start, for a person: what is wrong and what to do about it. */
export function explainStart(error: unknown, options: ServerOptions, data: string): string {
  const { code = "", syscall, path = data } = error as SystemError;
  if (syscall === "listen" || syscall === "getaddrinfo") return explainListen(code, options) ?? `Shoal cannot start: ${messageOf(error)}`;
  if (["EACCES", "EPERM", "EROFS"].includes(code)) {
    return `The data folder ${data} cannot be used: ${path} may not be read or written by you. Change who may, or choose another folder with --data.`;
  }
  if (code === "ENOTDIR" || code === "EEXIST") return `${path} is not a folder. Choose a folder with --data.`;
  if (code === "ENOSPC" || code === "EDQUOT") {
    return `The data folder ${data} cannot be written: its disk is full. Free some space, or choose another folder with --data.`;
  }
  return `Shoal cannot start: ${messageOf(error)}`;
}

function explainListen(code: string, { host, port }: ServerOptions): string | undefined {
  switch (code) {
    case "EADDRINUSE":
      return `Port ${port} on ${host} is taken. Stop what listens there, or choose another with --port (0: any).`;
    case "EACCES":
      return `You may not listen on port ${port} of ${host}. Choose a --port above 1023 (0: any).`;
    case "EADDRNOTAVAIL":
    case "EAFNOSUPPORT":
      return `${host} is no address of this machine. Choose another with --host.`;
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `There is no host "${host}". Give an address of this machine with --host.`;
    default:
      return undefined;
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
