import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { open, type RootDatabase } from "lmdb";
import { StoreError } from "../../core/ports/store.ts";
import { CommitGroup, type Plan, type Table } from "./commit-group.ts";
import { shortOfRoom } from "./disk-room.ts";
import { damageOf } from "./lmdb-file-check.ts";
import { identify, isAlive, type ProcessIdentity } from "./process-identity.ts";
import { damaged, diskFull, storeError } from "./store-errors.ts";

/** Raised when what is stored changes its form. A folder says which form it has in its file `format`. */
const FORMAT = "shoal-store 1";
const OWNER = Buffer.from("owner");
/** Writes that wait for the disk; beyond, callers are told to come again. */
const MAX_PENDING_BYTES = 64 * 1024 * 1024;

/**
 * An LMDB environment that one process at a time may have open. Plans are decided one after the other on the state that the plans
 * before them leave; all that come while a commit is on its way to the disk go with the next one. LMDB's own overlapping of syncs
 * is off: with it a power cut can take back a commit that others have seen, and it measured no faster.
 */
export class LmdbEnvironment {
  private readonly tables = new Map<string, Table>();
  private pending = new CommitGroup();
  private inFlight: CommitGroup | undefined;
  private flushing: Promise<void> | undefined;
  private closed = false;

  private constructor(
    private readonly folder: string,
    private readonly root: RootDatabase<string, Buffer>,
    private readonly owners: Table,
  ) {}

  /**
   * Opens the folder, and makes it where there is none. Throws a StoreError, and leaves the files as they are, when another
   * process has it open, when they are damaged, or when they were written by another version.
   */
  static open(folder: string): LmdbEnvironment {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    checkFormat(folder);
    const damage = damageOf(join(folder, "data.mdb"));
    if (damage) throw damaged(folder, `its file data.mdb ${damage}`);
    requireRoom(folder);
    try {
      // Batches are made here, explicitly; the library's own, by event turns, leave a rejection that nobody can handle.
      const options = { keyEncoding: "binary", encoding: "string", overlappingSync: false, eventTurnBatching: false, maxDbs: 8 } as const;
      const root = open<string, Buffer>(folder, options);
      const owners = root.openDB<string, Buffer>({ name: "owner", ...tableOptions });
      const refusal = takeOver(root, owners, folder);
      if (refusal) {
        void root.close();
        throw refusal;
      }
      return new LmdbEnvironment(folder, root, owners);
    } catch (error) {
      throw storeError(folder, error);
    }
  }

  /** One of at most a handful of tables; made when it is not there. Keys are ordered by their bytes. */
  table(name: string): Table {
    let table = this.tables.get(name);
    if (!table) {
      table = this.root.openDB<string, Buffer>({ name, ...tableOptions });
      this.tables.set(name, table);
    }
    return table;
  }

  /** Reads what is committed. Errors of LMDB become StoreErrors. */
  read<T>(work: () => T): T {
    if (this.closed) throw closedError(this.folder);
    try {
      return work();
    } catch (error) {
      throw storeError(this.folder, error);
    }
  }

  /**
   * Decides the plan now and resolves with its result once its changes, and all that it has read, are on the disk. A plan that
   * throws changes nothing and fails alone; a commit that fails has changed nothing, and fails all plans that built on it.
   */
  async commit<T>(plan: Plan<T>): Promise<T> {
    if (this.closed) throw closedError(this.folder);
    if (this.pending.bytes > MAX_PENDING_BYTES) throw new StoreError("Too many writes wait for the disk. Try again.", true);
    const group = this.pending;
    const result = group.decide(plan, (table, key) => this.latest(table, key));
    if (!group.changed && !this.inFlight) return result;
    this.flushing ??= this.flush();
    await group.committed;
    return result;
  }

  /** What is being written is finished first. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.flushing;
    try {
      requireRoom(this.folder);
      this.owners.removeSync(OWNER);
    } catch (error) {
      // The disk may be full. An owner that is named and has ended is in nobody's way, and all that was acknowledged is written.
      if (!storeError(this.folder, error).retryable) throw error;
    } finally {
      await this.root.close();
    }
  }

  private latest(table: Table, key: string): string | undefined {
    const flying = this.inFlight?.find(table, key);
    return flying ? flying.value : this.read(() => table.get(Buffer.from(key)));
  }

  private async flush(): Promise<void> {
    // Plans made in the same step of the program go together.
    await Promise.resolve();
    while (this.pending.used) {
      const group = this.pending;
      this.pending = new CommitGroup();
      this.inFlight = group;
      try {
        if (group.changed) await this.write(group);
        this.inFlight = undefined;
        group.succeed();
      } catch (error) {
        const failure = storeError(this.folder, error);
        const built = this.pending;
        this.pending = new CommitGroup();
        this.inFlight = undefined;
        group.fail(failure);
        built.fail(failure);
      }
    }
    this.flushing = undefined;
  }

  private async write(group: CommitGroup): Promise<void> {
    requireRoom(this.folder, group.bytes);
    try {
      await this.root.batch(() => {
        for (const { table, key, value } of group.changes()) {
          if (value === undefined) table.remove(Buffer.from(key));
          else table.put(Buffer.from(key), value);
        }
      });
    } catch (error) {
      // The library tells the cause by a second promise.
      const { commitError } = error as { commitError?: Promise<never> };
      await commitError;
      throw error;
    }
  }
}

const tableOptions = { keyEncoding: "binary", encoding: "string" } as const;

function checkFormat(folder: string): void {
  const file = join(folder, "format");
  const found = existsSync(file) ? readFileSync(file, "utf8").trim() : undefined;
  if (found === FORMAT) return;
  if (found !== undefined) {
    throw new StoreError(
      `The data folder ${folder} has the format "${found}"; this version reads "${FORMAT}". Use the version that wrote it, or another folder.`,
      false,
    );
  }
  if (existsSync(join(folder, "data.mdb"))) throw damaged(folder, "its file format is missing");
  // Renamed into place: half of it, which a full disk leaves, would be taken for another version's.
  writeFileSync(`${file}.new`, `${FORMAT}\n`);
  renameSync(`${file}.new`, file);
}

/** Makes this process the owner, in a transaction: of two that try at once, one wins. An owner that no longer runs does not count. */
function takeOver(root: RootDatabase<string, Buffer>, owners: Table, folder: string): StoreError | undefined {
  return root.transactionSync(() => {
    const found = owners.get(OWNER);
    const owner = found === undefined ? undefined : (JSON.parse(found) as ProcessIdentity);
    if (owner && isAlive(owner)) {
      return new StoreError(
        `The data folder ${folder} is in use by the process ${owner.pid}. Stop that one first, or use another folder.`,
        false,
      );
    }
    owners.putSync(OWNER, JSON.stringify(identify(process.pid)));
    return undefined;
  });
}

/** Asked before each write, because the library (lmdb 3.5) corrupts its memory while it words the error of a write that found none. */
function requireRoom(folder: string, bytes = 0): void {
  const free = shortOfRoom(folder, bytes);
  if (free !== undefined) throw diskFull(folder, free);
}

function closedError(folder: string): StoreError {
  return new StoreError(`The data folder ${folder} is closed.`, false);
}
