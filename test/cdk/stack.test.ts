import type { Stack } from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stackApp } from "../support/stack.ts";

let template: Template;
let remove: () => void;
beforeAll(() => {
  const made = stackApp();
  remove = made.remove;
  // cdk-nag looks too: anything that it finds, and that has no reason given, is an error here.
  made.app.synth();
  template = Template.fromStack(made.app.node.findChild("Shoal") as Stack);
});
afterAll(() => remove());

interface Resource {
  readonly Properties: Readonly<Record<string, unknown>>;
}
const all = (type: string) => Object.values(template.findResources(type)) as Resource[];

describe("state", () => {
  it("is one table, paid by use, that can be taken back to any second and stays when the stack goes", () => {
    template.resourceCountIs("AWS::DynamoDB::Table", 1);
    template.hasResource("AWS::DynamoDB::Table", {
      DeletionPolicy: "Retain",
      Properties: {
        BillingMode: "PAY_PER_REQUEST",
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        KeySchema: [
          { AttributeName: "pk", KeyType: "HASH" },
          { AttributeName: "sk", KeyType: "RANGE" },
        ],
      },
    });
  });
  it("has files in a bucket that nobody else reads", () => {
    template.hasResourceProperties("AWS::S3::Bucket", {
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    });
  });
});

describe("queues", () => {
  it("each have dead letters and an alarm on them", () => {
    const queues = all("AWS::SQS::Queue");
    const names = queues.map(({ Properties }) => Properties.QueueName).sort();
    expect(names).toEqual([
      "shoal-node-events",
      "shoal-node-events-dead",
      "shoal-pool-doorbell-dead.fifo",
      "shoal-pool-doorbell.fifo",
      "shoal-work",
      "shoal-work-dead",
    ]);
    expect(queues.filter(({ Properties }) => Properties.RedrivePolicy !== undefined)).toHaveLength(3);
    template.resourceCountIs("AWS::CloudWatch::Alarm", 3);
  });
  it("feed functions in batches that may fail in part, so many at once as is set", () => {
    const sources = all("AWS::Lambda::EventSourceMapping");
    expect(sources).toHaveLength(3);
    for (const { Properties } of sources) {
      expect(Properties.FunctionResponseTypes).toEqual(["ReportBatchItemFailures"]);
      expect(Properties.ScalingConfig).toMatchObject({ MaximumConcurrency: expect.any(Number) });
    }
  });
  it("hide messages for longer than a function runs", () => {
    const [longest] = all("AWS::Lambda::Function")
      .map(({ Properties }) => Properties.Timeout as number)
      .filter((seconds) => seconds < 900)
      .sort((a, b) => b - a);
    for (const { Properties } of all("AWS::SQS::Queue")) {
      if (Properties.RedrivePolicy) expect(Properties.VisibilityTimeout).toBeGreaterThan(longest ?? 0);
    }
  });
});

it("runs functions on arm64, with their whole environment", () => {
  const functions = all("AWS::Lambda::Function");
  expect(functions).toHaveLength(7);
  for (const { Properties } of functions) {
    expect(Properties).toMatchObject({ Architectures: ["arm64"], Runtime: "nodejs22.x", TracingConfig: { Mode: "Active" } });
  }
});

describe("machines", () => {
  it("start from a template for each system, with metadata that is asked for by token, from the machine itself alone", () => {
    const templates = all("AWS::EC2::LaunchTemplate").map(({ Properties }) => Properties);
    expect(templates.map((one) => one.LaunchTemplateName).sort()).toEqual(
      ["shoal-linux-arm64", "shoal-linux-x64", "shoal-windows-x64"].flatMap((name) => [name, `${name}-internode`]),
    );
    for (const { LaunchTemplateData } of templates) {
      expect(LaunchTemplateData).toMatchObject({
        MetadataOptions: { HttpTokens: "required", HttpPutResponseHopLimit: 1 },
        ImageId: expect.stringMatching(/^resolve:ssm:\/aws\/service\//),
      });
    }
  });
  it("may read their own queue and send to the events, and nothing else", () => {
    const [role] = Object.entries(template.findResources("AWS::IAM::Role")).filter(([id]) => id.startsWith("NodesRole"));
    const policies = all("AWS::IAM::Policy").filter(({ Properties }) => JSON.stringify(Properties.Roles).includes(role?.[0] ?? "-"));
    const statements = policies.flatMap(({ Properties }) => (Properties.PolicyDocument as { Statement: { Action: unknown }[] }).Statement);
    expect(statements.map(({ Action }) => Action)).toEqual(["sqs:SendMessage", ["sqs:ReceiveMessage", "sqs:DeleteMessage"]]);
    expect(JSON.stringify(statements[1])).toContain(`instance/\${aws:ResourceTag/shoal:machine}`);
    expect(role?.[1].Properties.ManagedPolicyArns).toBeUndefined();
  });
  it("let nobody in, but for those of pools with inter-node communication one another", () => {
    const named = (description: string) =>
      all("AWS::EC2::SecurityGroup").find((group) => group.Properties.GroupDescription === description);
    const rules = all("AWS::EC2::SecurityGroup").flatMap(({ Properties }) => Properties.SecurityGroupIngress ?? []);
    expect(rules).toEqual([expect.objectContaining({ IpProtocol: "-1", SourceSecurityGroupId: expect.anything() })]);
    expect(named("Nodes: those that may call one another come in")?.Properties.SecurityGroupIngress).toEqual(rules);
    template.resourceCountIs("AWS::EC2::SecurityGroupIngress", 0);
    template.resourceCountIs("AWS::EC2::NatGateway", 0);
  });
  it("are known to have ended at once", () => {
    for (const type of ["EC2 Instance State-change Notification", "EC2 Spot Instance Interruption Warning"]) {
      template.hasResourceProperties("AWS::Events::Rule", { EventPattern: Match.objectLike({ "detail-type": [type] }) });
    }
  });
});

it("has two keys for clients and tells how to read one", () => {
  template.hasResourceProperties("AWS::SecretsManager::Secret", { Name: "shoal/key1" });
  template.hasResourceProperties("AWS::SecretsManager::Secret", { Name: "shoal/key2" });
  template.hasOutput("ReadKey", { Value: Match.stringLikeRegexp("secretsmanager get-secret-value --secret-id shoal/key1") });
  template.hasOutput("AccountUrl", {});
});

describe("what a deployer chooses", () => {
  it("changes names, the network and what stays", () => {
    const made = stackApp({
      service: "blue",
      vpc: "vpc-0123456789abcdef0",
      subnetIds: "subnet-0123456789abcdef0,subnet-0123456789abcdef1",
      removalPolicy: "destroy",
      alarmEmail: "a@b.example",
    });
    const other = Template.fromStack(made.app.node.findChild("Shoal") as Stack);
    other.resourceCountIs("AWS::EC2::VPC", 0);
    other.resourceCountIs("AWS::SNS::Topic", 1);
    other.hasResource("AWS::DynamoDB::Table", { DeletionPolicy: "Delete" });
    other.hasResourceProperties("AWS::SQS::Queue", { QueueName: "blue-pool-doorbell.fifo" });
    made.remove();
  });
  it("is refused with all that is wrong with it", () => {
    expect(() => stackApp({ taskShards: "0", removalPolicy: "perhaps", vpc: "vpc-1" })).toThrow(/removalPolicy.*taskShards.*subnetIds/s);
  });
});
