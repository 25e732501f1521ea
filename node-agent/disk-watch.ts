/**
 * With less than this free on its disk a node takes no more tasks: those that run may still need it, and the agent does; so does a server on the same disk,
 * which is to have room to write down that its nodes have none.
 */
const FULL_BYTES = 32 * 1024 * 1024;
/** There must be so much for it to take tasks again, so that it does not change its mind all the time. */
const ROOM_BYTES = 48 * 1024 * 1024;

/** Whether a node's disk is full, as of the last look. */
export class DiskWatch {
  full = false;

  constructor(private readonly freeBytes: () => Promise<number>) {}

  /** Looks once; answers whether it changed. Rejects where the disk cannot be asked. */
  async look(): Promise<boolean> {
    const free = await this.freeBytes();
    const full = free < (this.full ? ROOM_BYTES : FULL_BYTES);
    const changed = full !== this.full;
    this.full = full;
    return changed;
  }
}
