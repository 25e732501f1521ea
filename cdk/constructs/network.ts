import { Fn } from "aws-cdk-lib";
import {
  type CfnSecurityGroup,
  GatewayVpcEndpointAwsService,
  IpAddresses,
  type ISubnet,
  type IVpc,
  SecurityGroup,
  Subnet,
  SubnetType,
  Vpc,
} from "aws-cdk-lib/aws-ec2";
import { Construct } from "constructs";
import { acknowledge } from "../acknowledge.ts";

export interface NetworkProps {
  readonly vpc: string;
  readonly subnetIds: readonly string[];
}

/** Where nodes live. They call out, to SQS, to S3 and to the service, and nobody calls them, but for nodes of pools with inter-node communication one another. */
export class Network extends Construct {
  readonly subnets: readonly ISubnet[];
  /** The security groups of nodes. */
  readonly nodes: readonly SecurityGroup[];
  /** Of nodes that let one another in: one lets in whoever has the other. */
  readonly interNode: readonly SecurityGroup[];

  constructor(scope: Construct, id: string, { vpc: wanted, subnetIds }: NetworkProps) {
    super(scope, id);
    const vpc = this.vpc(wanted);
    this.subnets =
      subnetIds.length > 0
        ? subnetIds.map((subnetId, index) => Subnet.fromSubnetId(this, `Subnet${index}`, subnetId))
        : vpc.selectSubnets({ subnetType: SubnetType.PUBLIC }).subnets;
    const out = { vpc, allowAllOutbound: true, allowAllIpv6Outbound: true };
    this.nodes = [new SecurityGroup(this, "Nodes", { ...out, description: "Nodes: nothing comes in" })];
    const peers = new SecurityGroup(this, "Peers", { ...out, description: "Nodes that may call one another" });
    const interNode = new SecurityGroup(this, "InterNode", { ...out, description: "Nodes: those that may call one another come in" });
    // As a property: the rule as a resource of its own is unknown to emulators.
    (interNode.node.defaultChild as CfnSecurityGroup).addPropertyOverride("SecurityGroupIngress", [
      { IpProtocol: "-1", SourceSecurityGroupId: peers.securityGroupId, Description: "Nodes of pools with inter-node communication" },
    ]);
    this.interNode = [peers, interNode];
  }

  private vpc(wanted: string): IVpc {
    if (wanted === "default") return Vpc.fromLookup(this, "Vpc", { isDefault: true });
    if (wanted !== "own") return Vpc.fromVpcAttributes(this, "Vpc", { vpcId: wanted, availabilityZones: [Fn.select(0, Fn.getAzs())] });
    // Public subnets alone: a NAT gateway costs more in an idle month than all else here.
    const own = new Vpc(this, "Vpc", {
      ipAddresses: IpAddresses.cidr("10.64.0.0/16"),
      maxAzs: 2,
      natGateways: 0,
      restrictDefaultSecurityGroup: false,
      subnetConfiguration: [{ name: "nodes", subnetType: SubnetType.PUBLIC, cidrMask: 18, mapPublicIpOnLaunch: true }],
      gatewayEndpoints: { S3: { service: GatewayVpcEndpointAwsService.S3 } },
    });
    acknowledge(own, {
      "AwsSolutions-VPC7":
        "Nodes run their users' programs, whose traffic is theirs; flow logs can be added to the VPC where a deployer wants them.",
    });
    return own as IVpc;
  }
}
