import type { PoolImage } from "../domain/images.ts";
import type { PoolRef } from "../domain/refs.ts";

/** A machine that the fleet gave: an EC2 instance, or an agent process on this machine. */
export interface Machine {
  readonly machineId: string;
  readonly dedicated: boolean;
  readonly ipAddress: string;
}

/** Why fewer machines came than were asked for; becomes a resize error of the pool. */
export interface Shortfall {
  readonly code: string;
  readonly message: string;
}

export interface LaunchRequest {
  readonly pool: PoolRef;
  /** Names this resize wave: a second launch of the same wave answers the same machines and starts no more. */
  readonly wave: string;
  readonly dedicated: number;
  readonly lowPriority: number;
  readonly vmSize: string;
  /** What system its machines should have; without it, the fleet's own. */
  readonly image?: PoolImage;
  /** Its machines are to reach one another. */
  readonly interNode?: true;
}

export interface Fleet {
  launch(request: LaunchRequest): Promise<{ machines: Machine[]; shortfall?: Shortfall }>;
  /** Gone for good, files too. Machines that are not there (any more) are no error. */
  terminate(pool: PoolRef, machineIds: readonly string[]): Promise<void>;
  /** Starts machines anew, under their names and addresses, after all that runs on them has ended. Machines that are not there (any more) are no error, here and below. */
  reboot(pool: PoolRef, machineIds: readonly string[]): Promise<void>;
  /** As {@link reboot}, with disks as empty as those of new machines. */
  reimage(pool: PoolRef, machineIds: readonly string[]): Promise<void>;
  /** Ends all that runs on machines and keeps their names, addresses and disks until they are started or terminated. */
  stop(pool: PoolRef, machineIds: readonly string[]): Promise<void>;
  start(pool: PoolRef, machineIds: readonly string[]): Promise<void>;
  /** Every machine of the pool that still runs. */
  list(pool: PoolRef): Promise<Machine[]>;
}
