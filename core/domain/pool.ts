import type { PoolUsage } from "./pool-usage.ts";
import type { PoolSpec } from "./specs.ts";

/** An active pool whose operating system is being upgraded has {@link Pool.upgrade}; versions of the API that know upgrades show it as upgrading. */
export type PoolState = "active" | "deleting";
export type AllocationState = "steady" | "resizing" | "stopping";
export type DeallocationOption = "requeue" | "terminate" | "taskcompletion" | "retaineddata";

export interface ResizeError {
  readonly code: string;
  readonly message: string;
}

/** For whom a pool was made: with whose end it goes, or is the user's from then on (`keepAlive`). */
export interface AutoPoolOwner {
  readonly kind: "job" | "schedule";
  readonly id: string;
  readonly uid: string;
  readonly keepAlive: boolean;
}

/** A pool as stored: what the user asked for (`spec`, targets included) and what became of it. */
export interface Pool {
  readonly id: string;
  readonly rev: number;
  readonly etag: string;
  readonly creationTime: string;
  readonly lastModified: string;
  readonly state: PoolState;
  readonly stateTransitionTime: string;
  readonly allocationState: AllocationState;
  readonly allocationStateTransitionTime: string;
  readonly spec: PoolSpec;
  readonly autoPoolOf?: AutoPoolOwner;
  readonly currentDedicatedNodes: number;
  readonly currentLowPriorityNodes: number;
  readonly resizeErrors?: readonly ResizeError[];
  /** So many of its nodes took tasks when they were last looked at, about a sweep ago. */
  readonly usableNodes?: number;
  /** The resize under way: until when, and what happens to the tasks of nodes that go. */
  readonly resize?: {
    readonly deadline: number;
    readonly deallocation: DeallocationOption;
    /** Nodes, by id, that are to go whatever the targets. */
    readonly remove?: readonly string[];
  };
  /** What it has used, until its number of nodes last changed. */
  readonly usage?: PoolUsage;
  /** Of jobs of one priority that compete, which was served last; the latest priorities only. */
  readonly turns?: readonly { readonly priority: number; readonly uid: string }[];
  /** The timer that is alive for this pool: the message that carries this token, and when it was last renewed (milliseconds since the epoch). */
  readonly sweep?: { readonly token: string; readonly at: number };
  /** Nodes asked of the fleet and not written down yet: asked for again, by the same name, after a crash. */
  readonly wave?: { readonly id: string; readonly dedicated: number; readonly lowPriority: number };
  /** The upgrade of its nodes to the version that its specification names: from which. */
  readonly upgrade?: { readonly from: string };
  /** Of the nodes that are being upgraded together, how many are not ready yet: a hint, by which the next are told early. */
  readonly upgradeLeft?: number;
}

/** A user's wish to change the size of a pool. A target left out stays. */
export interface ResizeRequest {
  readonly targetDedicatedNodes?: number;
  readonly targetLowPriorityNodes?: number;
  readonly resizeTimeoutMs: number;
  readonly deallocation: DeallocationOption;
}
