import type { Node } from "constructs";

/** What a deployer may choose, by `-c name=value` or in cdk.json; every one has a default. */
export interface Settings {
  /** Before the names of queues, launch templates and secrets: one for each deployment in an AWS account and region. */
  readonly service: string;
  /** The Batch account that clients name. */
  readonly accountName: string;
  /** Where clients and nodes reach the service, where that is not the HTTP API's own address: a domain of one's own. */
  readonly accountUrl: string | undefined;
  /** `own`: made here, two public subnets; `default`: the account's default one; otherwise a VPC's id, with `subnetIds`. */
  readonly vpc: string;
  readonly subnetIds: readonly string[];
  readonly logRetentionDays: number;
  /** Whether the table, the bucket and the logs go when the stack does. */
  readonly keepData: boolean;
  /** Over how many partitions a job's tasks are spread; fixed for the life of the table. */
  readonly taskShards: number;
  readonly heartbeatSeconds: number;
  /** How many pools may have a scheduling pass at the same time. */
  readonly concurrentPools: number;
  /** Told of alarms; nobody where absent. */
  readonly alarmEmail: string | undefined;
  /** What instance identity documents are checked against: DER, base64; `aws`: AWS's own of the region. */
  readonly identityCertificate: string;
}

const LIST = /\s*,\s*/;

/** Throws an error that names each value that cannot be. */
export function readSettings(node: Node): Settings {
  const mistakes: string[] = [];
  const text = (name: string, otherwise: string, shape = /^.+$/s) => {
    const value = String(node.tryGetContext(name) ?? otherwise);
    if (!shape.test(value)) mistakes.push(`${name} must match ${shape}`);
    return value;
  };
  const number = (name: string, otherwise: number, least: number, most: number) => {
    const value = Number(node.tryGetContext(name) ?? otherwise);
    if (!Number.isInteger(value) || value < least || value > most) mistakes.push(`${name} must be a whole number from ${least} to ${most}`);
    return value;
  };
  const optional = (name: string) => (node.tryGetContext(name) as string | undefined) || undefined;
  const settings: Settings = {
    service: text("service", "shoal", /^[a-z][a-z0-9-]{1,19}$/),
    accountName: text("accountName", "shoal", /^[a-z0-9]{3,24}$/),
    accountUrl: optional("accountUrl")?.replace(/\/$/, ""),
    vpc: text("vpc", "own", /^(own|default|vpc-[0-9a-f]+)$/),
    subnetIds: (optional("subnetIds") ?? "").split(LIST).filter(Boolean),
    logRetentionDays: number("logRetentionDays", 30, 1, 3653),
    keepData: text("removalPolicy", "retain", /^(retain|destroy)$/) === "retain",
    taskShards: number("taskShards", 8, 1, 100),
    heartbeatSeconds: number("heartbeatSeconds", 60, 2, 300),
    concurrentPools: number("concurrentPools", 20, 2, 1000),
    alarmEmail: optional("alarmEmail"),
    identityCertificate: text("identityCertificate", "aws"),
  };
  if (settings.vpc.startsWith("vpc-") !== settings.subnetIds.length > 0)
    mistakes.push("vpc=vpc-... and subnetIds=subnet-...,... go together");
  if (mistakes.length > 0) throw new Error(`The context of the CDK app is not right: ${mistakes.join("; ")}.`);
  return settings;
}
