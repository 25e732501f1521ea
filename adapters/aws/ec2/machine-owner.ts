import { DescribeInstancesCommand, type EC2Client } from "@aws-sdk/client-ec2";
import { halfWave, POOL_TAG, SERVICE_TAG, WAVE_TAG } from "./instances.ts";

export interface MachineOwner {
  readonly machineId: string;
  /** In lower case, as the tag has it. */
  readonly poolId: string;
  readonly dedicated: boolean;
  readonly running: boolean;
}

/** The pool whose machine this instance is, by its tags; undefined where the service has no such machine. EC2 knows one that ended for about an hour. */
export async function findOwner(client: EC2Client, service: string, machineId: string): Promise<MachineOwner | undefined> {
  try {
    const { Reservations = [] } = await client.send(new DescribeInstancesCommand({ InstanceIds: [machineId] }));
    const instance = Reservations.flatMap(({ Instances = [] }) => Instances).find(({ InstanceId }) => InstanceId === machineId);
    const tags = new Map((instance?.Tags ?? []).map(({ Key, Value = "" }) => [Key, Value]));
    const [poolId, wave] = [tags.get(POOL_TAG), tags.get(WAVE_TAG)];
    if (tags.get(SERVICE_TAG) !== service || poolId === undefined || wave === undefined) return undefined;
    const running = instance?.State?.Name === "pending" || instance?.State?.Name === "running";
    return { machineId, poolId, dedicated: wave.endsWith(halfWave("", true)), running };
  } catch (error) {
    if (/^InvalidInstanceID/.test((error as Error).name)) return undefined;
    throw error;
  }
}
