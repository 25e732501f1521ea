import {
  CreateFleetCommand,
  type CreateFleetCommandOutput,
  CreateReplaceRootVolumeTaskCommand,
  type EC2Client,
  type FleetLaunchTemplateConfigRequest,
  RebootInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { KNOWN_IMAGES, machineImage } from "../../../core/domain/images.ts";
import { type InstanceTypes, instanceTypes } from "../../../core/domain/instance-types.ts";
import type { PoolRef } from "../../../core/domain/refs.ts";
import type { Fleet, LaunchRequest, Machine, Shortfall } from "../../../core/ports/fleet.ts";
import {
  halfWave,
  MAX_FILTER_VALUES,
  POOL_TAG,
  RESTING,
  RUNNING,
  runningInstances,
  SERVICE_TAG,
  tagFilter,
  WAVE_TAG,
} from "./instances.ts";
import { isShortage, type LaunchFailure, shortfallOf } from "./shortfall.ts";

/** What EC2 has just started it may not show for some seconds. */
const LOOKS = 10;
const LOOK_AGAIN_MS = 500;

/** For each of these, machines start in a way of their own. */
export type Platform = "linux-x64" | "linux-arm64" | "windows-x64";

/** The name of the launch template whose machines let one another in, beside one of this name. */
export function interNodeTemplate(name: string): string {
  return `${name}-internode`;
}

export interface Ec2FleetOptions {
  /** Repeats requests by itself. */
  readonly client: EC2Client;
  /** The service's name, on each of its machines; at most 30 characters. */
  readonly service: string;
  /**
   * Names of launch templates, their newest version is used: network, role, user data, and the image for pools that name none. Each has another beside it,
   * by {@link interNodeTemplate}, for machines that let one another in.
   */
  readonly templates: Readonly<Record<Platform, string>>;
  readonly subnetIds: readonly string[];
}

interface Wanted {
  readonly request: LaunchRequest;
  readonly dedicated: boolean;
  readonly count: number;
}

interface Launched {
  readonly machines: Machine[];
  readonly shortfall?: Shortfall;
}

/**
 * Machines as EC2 instances: each half of a wave (dedicated, low-priority) is one instant fleet, on-demand or spot, whose token is the wave's name, so that
 * EC2 itself answers a second launch as the first. What belongs to whom is in the instances' tags.
 */
export class Ec2Fleet implements Fleet {
  constructor(private readonly options: Ec2FleetOptions) {}

  async launch(request: LaunchRequest): Promise<Launched> {
    const types = instanceTypes(request.vmSize);
    if ("near" in types) {
      const message = `There is no instance type for the size ${request.vmSize}. Like it are ${types.near.join(", ")}.`;
      return { machines: [], shortfall: { code: "UnsupportedVMSize", message } };
    }
    const template = this.template(request, types);
    if (!template) {
      const message = `There is no image for the pool's on EC2 with instances of ${types.types[0]}. Some that there are: ${KNOWN_IMAGES.join(", ")}.`;
      return { machines: [], shortfall: { code: "AllocationFailed", message } };
    }
    const halves = [
      { request, dedicated: true, count: request.dedicated },
      { request, dedicated: false, count: request.lowPriority },
    ].filter(({ count }) => count > 0);
    const launched = await Promise.all(halves.map((half) => this.launchHalf(half, template)));
    const shortfall = launched.find((half) => half.shortfall)?.shortfall;
    return { machines: launched.flatMap(({ machines }) => machines), ...(shortfall ? { shortfall } : {}) };
  }

  async terminate(pool: PoolRef, machineIds: readonly string[]): Promise<void> {
    for (const InstanceIds of await this.known(pool, machineIds, [...RUNNING, ...RESTING]))
      await this.options.client.send(new TerminateInstancesCommand({ InstanceIds }));
  }

  /** Restarts the system of each machine that is there; its disk stays. */
  async reboot(pool: PoolRef, machineIds: readonly string[]): Promise<void> {
    for (const InstanceIds of await this.known(pool, machineIds))
      await this.options.client.send(new RebootInstancesCommand({ InstanceIds }));
  }

  /** Replaces each machine's root volume by a new one of its image; the instance, its name and its addresses stay. */
  async reimage(pool: PoolRef, machineIds: readonly string[]): Promise<void> {
    for (const InstanceIds of await this.known(pool, machineIds)) {
      for (const InstanceId of InstanceIds)
        await this.options.client.send(new CreateReplaceRootVolumeTaskCommand({ InstanceId, DeleteReplacedRootVolume: true }));
    }
  }

  /** EC2 stops no spot instance of an instant fleet: such a machine ends, and its node with it. */
  async stop(pool: PoolRef, machineIds: readonly string[]): Promise<void> {
    const { client } = this.options;
    for (const machines of await this.find(pool, machineIds, RUNNING)) {
      const [stays, spot] = [true, false].map((dedicated) => idsOf(machines.filter((machine) => machine.dedicated === dedicated)));
      if (stays?.length) await client.send(new StopInstancesCommand({ InstanceIds: stays }));
      if (spot?.length) await client.send(new TerminateInstancesCommand({ InstanceIds: spot }));
    }
  }

  async start(pool: PoolRef, machineIds: readonly string[]): Promise<void> {
    for (const InstanceIds of await this.known(pool, machineIds, RESTING)) {
      await this.options.client.send(new StartInstancesCommand({ InstanceIds }));
    }
  }

  async list(pool: PoolRef): Promise<Machine[]> {
    return runningInstances(this.options.client, this.ownedBy(pool));
  }

  private async launchHalf(wanted: Wanted, template: FleetLaunchTemplateConfigRequest): Promise<Launched> {
    const { ids, failures } = await this.createFleet(wanted, template);
    const machines = ids.length > 0 ? await this.untilShown(wanted, ids) : [];
    const missing = wanted.count - ids.length;
    return { machines, ...(missing > 0 ? { shortfall: shortfallOf(missing, wanted.dedicated, failures) } : {}) };
  }

  private async createFleet(
    { request, dedicated, count }: Wanted,
    template: FleetLaunchTemplateConfigRequest,
  ): Promise<{ ids: string[]; failures: LaunchFailure[] }> {
    const half = halfWave(request.wave, dedicated);
    const Tags = Object.entries({
      [SERVICE_TAG]: this.options.service,
      [POOL_TAG]: poolTag(request.pool),
      [WAVE_TAG]: half,
      Name: request.pool.poolId,
    });
    try {
      const output = await this.options.client.send(
        new CreateFleetCommand({
          ClientToken: `${this.options.service}-${half}`,
          Type: "instant",
          LaunchTemplateConfigs: [template],
          TargetCapacitySpecification: {
            TotalTargetCapacity: count,
            DefaultTargetCapacityType: dedicated ? "on-demand" : "spot",
          },
          // The first type is preferred; spot is taken where it will last longest for its price.
          ...(dedicated
            ? { OnDemandOptions: { AllocationStrategy: "prioritized" } }
            : { SpotOptions: { AllocationStrategy: "price-capacity-optimized" } }),
          TagSpecifications: [{ ResourceType: "instance", Tags: Tags.map(([Key, Value]) => ({ Key, Value })) }],
        }),
      );
      return { ids: startedBy(output), failures: failuresOf(output) };
    } catch (error) {
      const { name, message } = error as Error;
      if (isShortage(name)) return { ids: [], failures: [{ code: name, message }] };
      throw error;
    }
  }

  /** The machines of a wave with their addresses, as soon as EC2 shows all that it started; those that ended meanwhile are left out after some seconds. */
  private async untilShown({ request, dedicated }: Wanted, ids: readonly string[]): Promise<Machine[]> {
    const filters = [...this.ownedBy(request.pool), tagFilter(WAVE_TAG, halfWave(request.wave, dedicated))];
    for (let looks = 1; ; looks++) {
      const found = await runningInstances(this.options.client, filters);
      if (found.length >= ids.length || looks === LOOKS) return found;
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  }

  private template(
    { image, interNode }: LaunchRequest,
    { types, architecture }: InstanceTypes,
  ): FleetLaunchTemplateConfigRequest | undefined {
    const own = image && machineImage(image, architecture);
    if (image && !own) return undefined;
    const system = own?.system ?? "linux";
    if (system === "windows" && architecture === "arm64") return undefined;
    const platform: Platform = system === "windows" ? "windows-x64" : architecture === "arm64" ? "linux-arm64" : "linux-x64";
    const plain = this.options.templates[platform];
    const LaunchTemplateName = interNode ? interNodeTemplate(plain) : plain;
    return {
      LaunchTemplateSpecification: { LaunchTemplateName, Version: "$Latest" },
      Overrides: types.flatMap((type, Priority) =>
        this.options.subnetIds.map((SubnetId) => ({
          InstanceType: type as NonNullable<FleetLaunchTemplateConfigRequest["Overrides"]>[number]["InstanceType"],
          SubnetId,
          Priority,
          ...(own ? { ImageId: `resolve:ssm:${own.parameter}` } : {}),
        })),
      ),
    };
  }

  /** Those of the machines that are the pool's and still there: an unknown one would make EC2 refuse the others too. */
  private async known(pool: PoolRef, machineIds: readonly string[], states: readonly string[] = RUNNING): Promise<string[][]> {
    return (await this.find(pool, machineIds, states)).map(idsOf);
  }

  private async find(pool: PoolRef, machineIds: readonly string[], states: readonly string[]): Promise<Machine[][]> {
    const groups: Machine[][] = [];
    for (let i = 0; i < machineIds.length; i += MAX_FILTER_VALUES) {
      const Values = machineIds.slice(i, i + MAX_FILTER_VALUES);
      const found = await runningInstances(this.options.client, [...this.ownedBy(pool), { Name: "instance-id", Values }], states);
      // Never more than was asked for, whatever the filter lets through.
      const machines = found.filter(({ machineId }) => Values.includes(machineId));
      if (machines.length > 0) groups.push(machines);
    }
    return groups;
  }

  private ownedBy(pool: PoolRef) {
    return [tagFilter(SERVICE_TAG, this.options.service), tagFilter(POOL_TAG, poolTag(pool))];
  }
}

/** Pools are named without regard to case. */
function poolTag(pool: PoolRef): string {
  return pool.poolId.toLowerCase();
}

function idsOf(machines: readonly Machine[]): string[] {
  return machines.map(({ machineId }) => machineId);
}

function startedBy({ Instances = [] }: CreateFleetCommandOutput): string[] {
  return Instances.flatMap(({ InstanceIds = [] }) => InstanceIds);
}

function failuresOf({ Errors = [] }: CreateFleetCommandOutput): LaunchFailure[] {
  return Errors.map(({ ErrorCode = "Unknown", ErrorMessage = "" }) => ({ code: ErrorCode, message: ErrorMessage }));
}
