import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ProcessFleet } from "../../adapters/embedded/process-fleet.ts";
import { systemTimers } from "../../adapters/timers.ts";
import { fleetContract } from "./fleet-contract.ts";

const agent = join(import.meta.dirname, "tiny-agent.mjs");

fleetContract("the fleet of processes", async () => {
  const folder = await mkdtemp(join(tmpdir(), "shoal-fleet-"));
  const maxMachines = 4;
  const fleet = new ProcessFleet({
    folder,
    endpoint: { path: join(folder, "agents.sock") },
    program: { agent, flags: [], launcher: "launcher", environment: process.env },
    maxMachines,
    graceMs: 2_000,
    endLeftovers: () => {},
    retire: async () => {},
    timers: systemTimers,
    log: () => {},
  });
  await fleet.adopt();
  const close = async () => {
    await fleet.stopAll();
    await rm(folder, { recursive: true });
  };
  return { fleet, maxMachines, close };
});
