import { createHash, timingSafeEqual } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ProcessIdentity } from "./process-identity.ts";

/** What the disk knows of a machine, so that a server that starts again finds it. The secret itself is nowhere on the disk. */
export interface MachineRecord {
  readonly machineId: string;
  readonly poolId: string;
  readonly wave: string;
  readonly dedicated: boolean;
  readonly ipAddress: string;
  readonly process: ProcessIdentity;
  /** It has no process, and may be started again. */
  readonly stopped?: boolean;
  /** SHA-256 of the secret, hexadecimal. */
  readonly secretHash: string;
}

const RECORD = "machine.json";
const STARTUP = "startup";

export function hashSecret(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

/** In constant time. */
export function isSecretOf(record: MachineRecord, secret: string): boolean {
  return timingSafeEqual(Buffer.from(record.secretHash, "hex"), Buffer.from(hashSecret(secret), "hex"));
}

/** The folders of the machines, one each: the record, and the node's root directory with the agent's log in it. */
export class MachineFolders {
  constructor(private readonly folder: string) {}

  of(machineId: string): string {
    return join(this.folder, machineId);
  }
  root(machineId: string): string {
    return join(this.folder, machineId, "root");
  }
  /** Beside what the start task writes: who looks for why a node does not start finds both. */
  log(machineId: string): string {
    return join(this.root(machineId), STARTUP, "agent.log");
  }

  /** Removes what an earlier machine of this name may have left. */
  async make(machineId: string): Promise<void> {
    await this.remove(machineId);
    await this.makeRoot(machineId);
  }

  /** Takes away all that is in the node's root. */
  async empty(machineId: string): Promise<void> {
    await rm(this.root(machineId), { recursive: true, force: true, maxRetries: 10 });
    await this.makeRoot(machineId);
  }

  private async makeRoot(machineId: string): Promise<void> {
    await mkdir(this.root(machineId), { recursive: true, mode: 0o755 });
    await mkdir(join(this.root(machineId), STARTUP), { recursive: true, mode: 0o770 });
  }

  async remove(machineId: string): Promise<void> {
    await rm(this.of(machineId), { recursive: true, force: true, maxRetries: 10 });
  }

  async write(record: MachineRecord): Promise<void> {
    const file = join(this.of(record.machineId), RECORD);
    await writeFile(`${file}.new`, `${JSON.stringify(record)}\n`, { mode: 0o600 });
    await rename(`${file}.new`, file);
  }

  /** Of every folder its name, and its record where it has one that can be read. */
  async readAll(): Promise<{ readonly name: string; readonly record?: MachineRecord }[]> {
    await mkdir(this.folder, { recursive: true });
    const names = await readdir(this.folder);
    return Promise.all(
      names.map(async (name) => {
        const record = await readRecord(join(this.folder, name, RECORD));
        return record ? { name, record } : { name };
      }),
    );
  }
}

/** undefined where there is none, or half of one: its machine was never started. */
async function readRecord(file: string): Promise<MachineRecord | undefined> {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    if (error instanceof SyntaxError || ["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}
