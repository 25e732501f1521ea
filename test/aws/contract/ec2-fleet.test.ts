import { describe } from "vitest";
import { fleetContract } from "../../contract/fleet-contract.ts";
import { ec2Machines } from "../../support/ec2-machines.ts";
import { emulator } from "../../support/emulator.ts";

const MAX_MACHINES = 6;

describe.skipIf(emulator().missing)("on the emulator", () => {
  fleetContract("the fleet on EC2", async () => {
    const { fleet, client } = await ec2Machines(MAX_MACHINES);
    return { fleet, maxMachines: MAX_MACHINES, close: async () => client.destroy() };
  });
});
