import { randomBytes } from "node:crypto";
import type { Endpoint } from "./endpoint.ts";
import { type AgentProgram, startAgent } from "./machine-process.ts";
import { hashSecret, type MachineFolders, type MachineRecord } from "./machine-record.ts";
import type { MachineTable } from "./machine-table.ts";

export const MACHINE_ID = /^[a-z0-9-]{1,48}$/;

/** What of a machine is decided before it runs. */
export type MachinePlan = Pick<MachineRecord, "machineId" | "poolId" | "wave" | "dedicated" | "ipAddress">;

/** Starts the processes that are machines: started, then recorded, then configured; one without a configuration ends, so none is ever lost track of. */
export class MachineStarter {
  constructor(
    private readonly table: MachineTable,
    private readonly folders: MachineFolders,
    private readonly agents: { readonly program: AgentProgram; readonly endpoint: Endpoint },
    /** Told of each machine that ended by itself. */
    private readonly onEnd: (machineId: string) => void,
  ) {}

  /** A new machine, with a folder of its own. Rejects where it cannot be started. */
  async make(plan: MachinePlan): Promise<MachineRecord> {
    const { machineId } = plan;
    if (!MACHINE_ID.test(machineId)) throw new Error(`A machine's id must be of a-z, 0-9 and -, at most 48 characters: ${machineId}`);
    await this.folders.make(machineId);
    return this.start(plan);
  }

  /** A machine in the folder that it has. Its secret is new. */
  async start(plan: MachinePlan): Promise<MachineRecord> {
    const { machineId, poolId, wave, dedicated, ipAddress } = plan;
    const secret = randomBytes(32).toString("base64url");
    const { program, endpoint } = this.agents;
    const logFile = this.folders.log(machineId);
    const agent = await startAgent(program, this.folders.of(machineId), logFile);
    const record = { machineId, poolId, wave, dedicated, ipAddress, process: agent.identity, secretHash: hashSecret(secret) };
    await this.folders.write(record);
    // The agent may call as soon as it is configured.
    this.table.living.set(machineId, record);
    const { living, restarting } = this.table;
    void agent.exited.then(() => living.get(machineId) === record && !restarting.has(machineId) && this.onEnd(machineId));
    const root = this.folders.root(machineId);
    const { launcher } = program;
    await agent.configure(JSON.stringify({ machineId, secret, root, endpoint, ipAddress, launcher, logFile }));
    return record;
  }
}
