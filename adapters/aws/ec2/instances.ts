import { DescribeInstancesCommand, type EC2Client, type Filter, type Instance } from "@aws-sdk/client-ec2";
import type { Machine } from "../../../core/ports/fleet.ts";

/** Tags by which the service finds its machines again. */
export const SERVICE_TAG = "shoal:service";
export const POOL_TAG = "shoal:pool";
export const WAVE_TAG = "shoal:wave";

const PAGE = 1_000;
/** EC2 takes so many values in one filter. */
export const MAX_FILTER_VALUES = 200;

export function tagFilter(tag: string, value: string): Filter {
  return { Name: `tag:${tag}`, Values: [value] };
}

export const RUNNING: readonly string[] = ["pending", "running"];
export const RESTING: readonly string[] = ["stopping", "stopped"];

/** The instances that the filters name and that are in one of the states, all pages. */
export async function runningInstances(client: EC2Client, filters: readonly Filter[], states = RUNNING): Promise<Machine[]> {
  const machines: Machine[] = [];
  let NextToken: string | undefined;
  do {
    const page = await client.send(
      new DescribeInstancesCommand({
        Filters: [...filters, { Name: "instance-state-name", Values: [...states] }],
        MaxResults: PAGE,
        ...(NextToken ? { NextToken } : {}),
      }),
    );
    for (const { Instances = [] } of page.Reservations ?? []) machines.push(...Instances.map(machineOf));
    NextToken = page.NextToken;
  } while (NextToken);
  return machines;
}

function machineOf({ InstanceId = "", PrivateIpAddress = "", Tags = [] }: Instance): Machine {
  const wave = Tags.find(({ Key }) => Key === WAVE_TAG)?.Value ?? "";
  return { machineId: InstanceId, dedicated: wave.endsWith(DEDICATED), ipAddress: PrivateIpAddress };
}

const DEDICATED = "-d";
const LOW_PRIORITY = "-l";

/** Names one half of a wave: as a tag, and as the token by which EC2 knows a request that it has had already. */
export function halfWave(wave: string, dedicated: boolean): string {
  return wave + (dedicated ? DEDICATED : LOW_PRIORITY);
}
