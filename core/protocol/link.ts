import type { NodeReport, ToNode } from "./messages.ts";

/**
 * What an agent and a server on the same machine say to each other over a socket, one JSON line each. The agent begins with `hello` and waits
 * for `welcome`; then reports are sent until they are accepted, and messages until they are received.
 */
export type FromAgent =
  | { readonly type: "hello"; readonly machineId: string; readonly secret: string }
  | { readonly type: "report"; readonly id: number; readonly report: NodeReport }
  | { readonly type: "received"; readonly receipt: string };

export type ToAgent =
  | { readonly type: "welcome" }
  | { readonly type: "refused"; readonly reason: string }
  | { readonly type: "accepted"; readonly id: number }
  | { readonly type: "message"; readonly receipt: string; readonly body: ToNode };

/** Bytes of the longest line, either way. */
export const MAX_LINK_LINE = 16 * 1024 * 1024;
