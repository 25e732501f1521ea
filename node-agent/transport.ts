import type { NodeReport, ToNode } from "../core/protocol/messages.ts";

export interface TransportHandlers {
  /** A message; may come twice. It is acknowledged when this returns. */
  onMessage(message: ToNode): void;
  /** The control plane can be reached: for the first time, or again. */
  onConnected(): void;
  /** The control plane will not have this machine: nothing more will come. */
  onRefused(reason: string): void;
}

/** How an agent and its control plane reach each other. It knows nothing of what they say. */
export interface Transport {
  start(handlers: TransportHandlers): void;
  /** Resolves when the control plane has the report for good; it is sent again, in order, until then. Never rejects. */
  deliver(report: NodeReport): Promise<void>;
  /** Milliseconds since the control plane was last heard of, or since `start`. */
  silentMs(): number;
  close(): void;
}
