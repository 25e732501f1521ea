import { StoreError } from "../../core/ports/store.ts";
import { shortOfRoom } from "./disk-room.ts";

/** The folder holds what cannot be read, and was left as it is. */
export function damaged(folder: string, what: string): StoreError {
  return new StoreError(
    `The data folder ${folder} is damaged: ${what}. Nothing in it was changed. Put back a copy that is whole, or start with another folder.`,
    false,
  );
}

const DISK_ERRORS = new Set<unknown>([5, 27, 28, 122, "EIO", "EFBIG", "ENOSPC", "EDQUOT"]);

/** Errors of LMDB and of the system in the port's words. */
export function storeError(folder: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const { message, code } = error as { message: string; code?: unknown };
  if (DISK_ERRORS.has(code) || /MDB_MAP_FULL|Input\/output error|No space left/.test(message)) {
    const free = shortOfRoom(folder);
    if (free !== undefined) return diskFull(folder, free, error);
    const why = `its disk failed, or a limit on file sizes was reached (${message})`;
    return new StoreError(`The data folder ${folder} cannot be written: ${why}. What was acknowledged is safe.`, true, { cause: error });
  }
  if (/MDB_(CORRUPTED|PAGE_NOTFOUND|INVALID|VERSION_MISMATCH|PANIC)/.test(message)) return damaged(folder, message);
  return new StoreError(`The data folder ${folder} cannot be used: ${message}`, false, { cause: error });
}

export function diskFull(folder: string, freeBytes: number, cause?: unknown): StoreError {
  return new StoreError(
    `The data folder ${folder} cannot be written: its disk is full, ${freeBytes} bytes are free: free some space. What was acknowledged is safe.`,
    true,
    { cause },
  );
}
