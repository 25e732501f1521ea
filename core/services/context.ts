import type { Keys } from "../domain/keys.ts";
import type { Clock } from "../ports/clock.ts";
import type { FileStore, NodeFiles } from "../ports/files.ts";
import type { Fleet } from "../ports/fleet.ts";
import type { Ids } from "../ports/ids.ts";
import type { Log } from "../ports/log.ts";
import type { Sender } from "../ports/queue.ts";
import type { Store } from "../ports/store.ts";
import type { Ring, ToNode, Work } from "../protocol/messages.ts";

/** All that a service needs of the world. Made in a composition root, handed down, never global. */
export interface Context {
  readonly store: Store;
  readonly keys: Keys;
  readonly fleet: Fleet;
  readonly files: FileStore;
  readonly nodeFiles: NodeFiles;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  /** FIFO, grouped by pool. */
  readonly doorbell: Sender<Ring>;
  readonly work: Sender<Work>;
  readonly nodes: NodeQueues;
  /** Signs a text with the account's key. */
  readonly sign: (text: string) => string;
  readonly settings: Settings;
}

/** One queue a node, made when the node is known and gone with it. */
export interface NodeQueues {
  send(machineId: string, messages: readonly ToNode[]): Promise<void>;
  remove(machineId: string): Promise<void>;
}

export interface Settings {
  readonly accountName: string;
  /** Without a slash at the end. */
  readonly accountUrl: string;
  readonly heartbeatSeconds: number;
  /** As often an idle node of which there is nothing new speaks; as often as any, where it is left out. */
  readonly idleHeartbeatSeconds?: number;
  readonly lostAfterSeconds: number;
  readonly sweepSeconds: number;
  /** What the account may have at a time; no limit where there is none. */
  readonly poolQuota?: number;
  readonly coreQuota?: { readonly dedicated: number; readonly lowPriority: number };
  /**
   * Where messages to nodes do not outlive the control plane's process: when that started, in milliseconds. What was sent earlier has
   * arrived, or never will.
   */
  readonly startedAt?: number;
}

/** A page of a listing: after which key (of an earlier page's `next`), and at most how many. */
export interface PageRequest {
  readonly after?: string;
  readonly limit: number;
}
export interface Listing<T> {
  readonly items: readonly T[];
  readonly next?: string;
}
