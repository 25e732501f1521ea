import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { freeLoopbackAddress } from "../../../adapters/embedded/loopback-addresses.ts";
import { ProcessFleet, type ProcessFleetOptions } from "../../../adapters/embedded/process-fleet.ts";
import { identify, isAlive } from "../../../adapters/embedded/process-identity.ts";
import { ManualClock } from "../../../adapters/memory/manual-clock.ts";

const agent = join(import.meta.dirname, "../../contract/tiny-agent.mjs");
const pool = { poolId: "p" };
const two = { pool, wave: "w", dedicated: 1, lowPriority: 1, vmSize: "small" };

describe("the fleet of processes", () => {
  let folder: string;
  let fleets: ProcessFleet[];
  const clock = new ManualClock();
  const make = async (options: Partial<ProcessFleetOptions> & { environment?: NodeJS.ProcessEnv; agentPath?: string } = {}) => {
    const { environment = process.env, agentPath = agent, ...others } = options;
    const fleet = new ProcessFleet({
      folder,
      endpoint: { path: "/nowhere/agents.sock" },
      program: { agent: agentPath, flags: [], launcher: "launcher.js", environment },
      maxMachines: 10,
      graceMs: 2_000,
      endLeftovers: () => {},
      retire: async () => {},
      timers: clock,
      log: () => {},
      ...others,
    });
    fleets.push(fleet);
    const adopted = await fleet.adopt();
    return { fleet, adopted };
  };
  const configuration = (machineId: string) =>
    vi.waitFor(() => JSON.parse(readFileSync(join(folder, machineId, "root", "configuration.json"), "utf8")), { timeout: 10_000 });
  const pidOf = (machineId: string): number => JSON.parse(readFileSync(join(folder, machineId, "machine.json"), "utf8")).process.pid;
  const exitOf = (fleet: ProcessFleet) => new Promise<string>((resolve) => fleet.onExit(resolve));

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "shoal-fleet-"));
    fleets = [];
  });
  afterEach(async () => {
    for (const fleet of fleets) await fleet.stopAll();
    await rm(folder, { recursive: true, force: true });
  });

  it("tells each agent who it is, and keeps its secret off the disk", async () => {
    const { fleet } = await make();
    const { machines } = await fleet.launch(two);
    expect(machines.map(({ machineId }) => machineId).sort()).toEqual(["w-0", "w-1"]);
    const told = await configuration("w-0");
    expect(told).toMatchObject({ machineId: "w-0", endpoint: { path: "/nowhere/agents.sock" }, launcher: "launcher.js" });
    expect(told).toMatchObject({
      root: join(folder, "w-0", "root"),
      ipAddress: machines.find(({ machineId }) => machineId === "w-0")?.ipAddress,
    });
    expect(await readFile(join(folder, "w-0", "machine.json"), "utf8")).not.toContain(told.secret);
    await vi.waitFor(() => expect(readFileSync(join(folder, "w-0", "root", "startup", "agent.log"), "utf8")).toContain("configured"));
    expect(fleet.authenticate("w-0", told.secret)).toEqual({ machineId: "w-0", poolId: "p", dedicated: true });
    expect(fleet.authenticate("w-1", told.secret)).toBeUndefined();
    expect(fleet.authenticate("w-9", told.secret)).toBeUndefined();
  });

  it("tells of an agent that ended, and lists it no more", async () => {
    const { fleet } = await make();
    await fleet.launch(two);
    const exit = exitOf(fleet);
    process.kill(pidOf("w-1"), "SIGKILL");
    expect(await exit).toBe("w-1");
    expect((await fleet.list(pool)).map(({ machineId }) => machineId)).toEqual(["w-0"]);
  });

  it("removes a machine's folder with it, though its agent will not listen", async () => {
    const { fleet } = await make({ graceMs: 50, environment: { ...process.env, TINY_AGENT_STUBBORN: "yes" } });
    await fleet.launch(two);
    await configuration("w-0");
    const identity = identify(pidOf("w-0"));
    await fleet.terminate(pool, ["w-0"]);
    expect(identity && isAlive(identity)).toBe(false);
    expect(existsSync(join(folder, "w-0"))).toBe(false);
    expect(existsSync(join(folder, "w-1"))).toBe(true);
  });

  it("never touches what lies outside its folder", async () => {
    const { fleet } = await make({ folder: join(folder, "nodes") });
    await mkdir(join(folder, "precious"));
    await fleet.terminate(pool, ["../precious", "..", ""]);
    expect(existsSync(join(folder, "precious"))).toBe(true);
  });

  it("adopts what an earlier server left running, and removes what is dead", async () => {
    const { fleet: earlier } = await make();
    await earlier.launch(two);
    const { secret } = await configuration("w-0");
    const deadPid = pidOf("w-1");
    const gone = exitOf(earlier);
    process.kill(deadPid, "SIGKILL");
    await gone;
    earlier.leave();
    fleets = [];
    const { fleet, adopted } = await make();
    expect(adopted).toMatchObject([{ machineId: "w-0", poolId: "p", dedicated: true }]);
    expect(existsSync(join(folder, "w-1"))).toBe(false);
    expect(fleet.authenticate("w-0", secret)).toMatchObject({ machineId: "w-0" });
    expect((await fleet.launch(two)).machines.map(({ machineId }) => machineId)).toEqual(["w-0"]);
    const { machines } = await fleet.launch({ ...two, wave: "v" });
    if (process.platform !== "darwin") {
      expect(new Set([...adopted, ...machines].map(({ ipAddress }) => ipAddress)).size).toBe(3);
    }
    const exit = exitOf(fleet);
    process.kill(pidOf("w-0"), "SIGKILL");
    await vi.waitFor(async () => {
      await clock.advance(500);
      expect(await Promise.race([exit, undefined])).toBe("w-0");
    });
  });

  it("takes no other process for its own that has the number of one", async () => {
    const other = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    await mkdir(join(folder, "w-0"));
    const record = { machineId: "w-0", poolId: "p", wave: "w", dedicated: true, ipAddress: "127.0.0.2", secretHash: "00" };
    await writeFile(join(folder, "w-0", "machine.json"), JSON.stringify({ ...record, process: { pid: other.pid, started: "long ago" } }));
    const { fleet, adopted } = await make();
    expect(adopted).toEqual([]);
    await fleet.terminate(pool, ["w-0"]);
    expect(other.exitCode).toBeNull();
    other.kill("SIGKILL");
  });

  it("stopped while it starts machines, leaves none, and starts no more", async () => {
    const { fleet } = await make();
    const launching = fleet.launch(two);
    await fleet.stopAll();
    await launching;
    expect(await fleet.list(pool)).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
    expect(await fleet.launch({ ...two, wave: "later" })).toMatchObject({ machines: [], shortfall: { code: "AllocationFailed" } });
  });

  it("says why agents could not be started", async () => {
    const { fleet } = await make({ folder: join(folder, "file", "nodes") }).catch(() => ({ fleet: undefined }));
    expect(fleet).toBeDefined();
    await rm(join(folder, "file", "nodes"), { recursive: true });
    await writeFile(join(folder, "file", "nodes"), "in the way");
    expect(await fleet?.launch(two)).toMatchObject({
      machines: [],
      shortfall: { code: "AllocationFailed", message: expect.stringContaining("2 nodes") },
    });
    await rm(join(folder, "file", "nodes"));
  });
});

describe("loopback addresses", () => {
  it("are the lowest free ones, but never 127.0.0.1", () => {
    expect(freeLoopbackAddress(new Set(), "linux")).toBe("127.0.0.2");
    expect(freeLoopbackAddress(new Set(["127.0.0.2", "127.0.0.4"]), "linux")).toBe("127.0.0.3");
    const many = new Set(Array.from({ length: 300 }, (_, n) => `127.0.${(n + 2) >> 8}.${(n + 2) & 255}`));
    expect(freeLoopbackAddress(many, "linux")).toBe("127.0.1.46");
    expect(freeLoopbackAddress(many, "darwin")).toBe("127.0.0.1");
  });
});
