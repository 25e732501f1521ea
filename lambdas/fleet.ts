import { EC2Client } from "@aws-sdk/client-ec2";
import { Ec2Fleet } from "../adapters/aws/ec2/ec2-fleet.ts";
import { livingMachines } from "../adapters/aws/ec2/living-machines.ts";
import { findOwner, type MachineOwner } from "../adapters/aws/ec2/machine-owner.ts";
import type { Fleet } from "../core/ports/fleet.ts";

export interface Machines {
  readonly fleet: Fleet;
  /** The pool that an instance belongs to; see {@link findOwner}. */
  readonly ownerOf: (machineId: string) => Promise<MachineOwner | undefined>;
  /** See {@link livingMachines}. */
  readonly living: (machineIds: readonly string[]) => Promise<ReadonlySet<string>>;
}

/** All that needs EC2: apart, because its client is larger than everything else and most functions seldom need it. */
export function machinesOf(service: string, subnetIds: readonly string[]): Machines {
  const client = new EC2Client({});
  const templates = {
    "linux-x64": `${service}-linux-x64`,
    "linux-arm64": `${service}-linux-arm64`,
    "windows-x64": `${service}-windows-x64`,
  };
  return {
    fleet: new Ec2Fleet({ client, service, templates, subnetIds }),
    ownerOf: (machineId) => findOwner(client, service, machineId),
    living: (machineIds) => livingMachines(client, service, machineIds),
  };
}
