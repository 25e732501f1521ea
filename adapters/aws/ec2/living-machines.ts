import type { EC2Client } from "@aws-sdk/client-ec2";
import { MAX_FILTER_VALUES, RESTING, RUNNING, runningInstances, SERVICE_TAG, tagFilter } from "./instances.ts";

/** Those of the machines that EC2 still has for the service, running or stopped. */
export async function livingMachines(client: EC2Client, service: string, machineIds: readonly string[]): Promise<ReadonlySet<string>> {
  const living = new Set<string>();
  for (let i = 0; i < machineIds.length; i += MAX_FILTER_VALUES) {
    const filters = [tagFilter(SERVICE_TAG, service), { Name: "instance-id", Values: machineIds.slice(i, i + MAX_FILTER_VALUES) }];
    for (const { machineId } of await runningInstances(client, filters, [...RUNNING, ...RESTING])) living.add(machineId);
  }
  return living;
}
