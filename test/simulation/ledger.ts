import type { PoolInfo } from "../../core/domain/specs.ts";

/** What the clients were told: the service must hold to it. */
export interface LedgerJob {
  readonly id: string;
  readonly poolId: string;
  /** It asks for a pool of its own instead. */
  readonly ownPool?: PoolInfo;
  uid: string;
  /** Tasks that were acknowledged, and that nobody asked to delete since. */
  readonly tasks: Set<string>;
  /** A client asked for its end or its deletion: its tasks need not complete. */
  ended: boolean;
  /** It is to end with its last task. */
  endsItself: boolean;
  deleted: boolean;
}

export interface LedgerPool {
  readonly id: string;
  readonly slots: number;
}

export class Ledger {
  readonly jobs = new Map<string, LedgerJob>();
  readonly pools = new Map<string, LedgerPool>();
}
