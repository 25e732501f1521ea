import { readFileSync } from "node:fs";
import { Fn, Stack } from "aws-cdk-lib";
import { CfnLaunchTemplate, type SecurityGroup } from "aws-cdk-lib/aws-ec2";
import { CfnInstanceProfile, Effect, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Asset } from "aws-cdk-lib/aws-s3-assets";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { acknowledge } from "../acknowledge.ts";
import type { Network } from "./network.ts";

export type Platform = "linux-x64" | "linux-arm64" | "windows-x64";

/** What runs where a pool names no image: SSM public parameters that EC2 resolves. */
const IMAGES: Readonly<Record<Platform, string>> = {
  "linux-x64": "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64",
  "linux-arm64": "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64",
  "windows-x64": "/aws/service/ami-windows-latest/Windows_Server-2022-English-Full-Base",
};

export interface NodeLaunchProps {
  readonly service: string;
  readonly accountUrl: string;
  readonly network: Network;
  readonly events: Queue;
  /** The packed agent of each platform. */
  readonly agents: Readonly<Record<Platform, string>>;
  /** Folder with the scripts that machines begin with. */
  readonly userData: string;
}

/** How machines start: what they may do, their launch templates, and the agent's program that they fetch. */
export class NodeLaunch extends Construct {
  readonly role: Role;
  readonly agents: ReadonlyMap<Platform, Asset>;

  constructor(scope: Construct, id: string, props: NodeLaunchProps) {
    super(scope, id);
    this.role = this.nodeRole(props);
    const profile = new CfnInstanceProfile(this, "Profile", { roles: [this.role.roleName] });
    const platforms = Object.keys(IMAGES) as Platform[];
    this.agents = new Map(platforms.map((platform) => [platform, new Asset(this, `Agent-${platform}`, { path: props.agents[platform] })]));
    for (const platform of platforms) {
      this.template(platform, "", props.network.nodes, profile, props);
      this.template(platform, "-internode", props.network.interNode, profile, props);
    }
  }

  /** A node reads its own queue, which carries its instance's name, and sends to the events. It has nothing in S3, and asks EC2 for nothing. */
  private nodeRole({ service, events }: NodeLaunchProps): Role {
    const { partition, region, account } = Stack.of(this);
    const role = new Role(this, "Role", { assumedBy: new ServicePrincipal("ec2.amazonaws.com") });
    role.addToPolicy(new PolicyStatement({ actions: ["sqs:SendMessage"], resources: [events.queueArn] }));
    const instance = `arn:${partition}:ec2:${region}:${account}:instance/\${aws:ResourceTag/shoal:machine}`;
    const queues = `arn:${partition}:sqs:${region}:${account}:${service}-node-*`;
    role.addToPolicy(
      new PolicyStatement({
        effect: Effect.ALLOW,
        actions: ["sqs:ReceiveMessage", "sqs:DeleteMessage"],
        resources: [queues],
        conditions: { ArnEquals: { "ec2:SourceInstanceARN": instance } },
      }),
    );
    acknowledge(role, {
      [`AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:sqs:<AWS::Region>:<AWS::AccountId>:${service}-node-*]`]:
        "A node's queue is made when it registers; the condition on the queue's tag lets an instance read its own alone.",
    });
    return role;
  }

  private template(
    platform: Platform,
    suffix: "" | "-internode",
    groups: readonly SecurityGroup[],
    profile: CfnInstanceProfile,
    { service, accountUrl, userData }: NodeLaunchProps,
  ): void {
    const script = readFileSync(`${userData}/${platform === "windows-x64" ? "windows.ps1" : "linux.sh"}`, "utf8");
    const filled = script.replaceAll("@ACCOUNT_URL@", accountUrl).replaceAll("@PLATFORM@", platform);
    new CfnLaunchTemplate(this, `Template-${platform}${suffix}`, {
      launchTemplateName: `${service}-${platform}${suffix}`,
      launchTemplateData: {
        imageId: `resolve:ssm:${IMAGES[platform]}`,
        iamInstanceProfile: { arn: profile.attrArn },
        securityGroupIds: groups.map((group) => group.securityGroupId),
        instanceInitiatedShutdownBehavior: "terminate",
        // One hop: a container of a task does not reach the metadata.
        metadataOptions: { httpTokens: "required", httpEndpoint: "enabled", httpPutResponseHopLimit: 1 },
        userData: Fn.base64(filled),
      },
    });
  }
}
