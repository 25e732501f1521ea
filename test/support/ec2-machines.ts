import { randomUUID } from "node:crypto";
import { CreateLaunchTemplateCommand, DescribeSubnetsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { Ec2Fleet, interNodeTemplate } from "../../adapters/aws/ec2/ec2-fleet.ts";
import { runningInstances, SERVICE_TAG, tagFilter } from "../../adapters/aws/ec2/instances.ts";
import { withQuota } from "./ec2-limits.ts";
import { withRootVolumes } from "./ec2-root-volumes.ts";
import { emulator } from "./emulator.ts";

/** A fleet of its own on the emulator, which gives at most so many machines; `reimaged`: whose root volumes were replaced. */
export async function ec2Machines(
  maxMachines: number,
): Promise<{ fleet: Ec2Fleet; client: EC2Client; service: string; reimaged: string[] }> {
  const client = new EC2Client(emulator().config);
  const service = `t${randomUUID().slice(0, 8)}`;
  const names = ["linux-x64", "linux-arm64", "windows-x64"] as const;
  const named = (platform: string) => `${service}-${platform}`;
  for (const platform of names) {
    const LaunchTemplateData = { ImageId: "ami-0123456789abcdef0" };
    for (const LaunchTemplateName of [named(platform), interNodeTemplate(named(platform))])
      await client.send(new CreateLaunchTemplateCommand({ LaunchTemplateName, LaunchTemplateData }));
  }
  const { Subnets = [] } = await client.send(new DescribeSubnetsCommand({}));
  withQuota(client, maxMachines, () => runningInstances(client, [tagFilter(SERVICE_TAG, service)]));
  const fleet = new Ec2Fleet({
    client,
    service,
    templates: { "linux-x64": named("linux-x64"), "linux-arm64": named("linux-arm64"), "windows-x64": named("windows-x64") },
    subnetIds: Subnets.flatMap(({ SubnetId }) => SubnetId ?? []),
  });
  return { fleet, client, service, reimaged: withRootVolumes(client) };
}
