import { type CfnElement, Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import { Rule, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Architecture, Code, Function as LambdaFn, LoggingFormat, Runtime, Tracing } from "aws-cdk-lib/aws-lambda";
import { SqsEventSource } from "aws-cdk-lib/aws-lambda-event-sources";
import { LogGroup, type RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Secret } from "aws-cdk-lib/aws-secretsmanager";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { variableOf } from "../../lambdas/environment.ts";
import { OUTPUTS, REPLIES } from "../../lambdas/object-prefixes.ts";
import { acknowledge } from "../acknowledge.ts";
import { type EventSource, REPORTS_SOURCE, RINGS_SOURCE, WORK_SOURCE } from "../event-sources.ts";
import type { Settings } from "../settings.ts";
import type { Network } from "./network.ts";
import type { NodeLaunch } from "./node-launch.ts";
import type { Queues } from "./queues.ts";
import type { Storage } from "./storage.ts";

export interface FunctionsProps {
  readonly settings: Settings;
  readonly accountUrl: string;
  /** Folder with a folder a function. */
  readonly bundles: string;
  readonly storage: Storage;
  readonly queues: Queues;
  readonly network: Network;
  readonly launch: NodeLaunch;
  readonly accountKeys: readonly Secret[];
  readonly nodeKey: Secret;
  /** Where the emulator of AWS answers, for functions that run in one; see docs/deploy.md. */
  readonly bucketUrl?: string;
}

interface Shape {
  readonly memory: number;
  readonly seconds: number;
}

const SHAPES = {
  api: { memory: 1024, seconds: 29 },
  registration: { memory: 512, seconds: 29 },
  "node-events": { memory: 1024, seconds: 60 },
  "pool-scheduler": { memory: 1024, seconds: 110 },
  work: { memory: 512, seconds: 110 },
  "instance-events": { memory: 512, seconds: 60 },
  sweeper: { memory: 512, seconds: 900 },
} as const satisfies Record<string, Shape>;
type Name = keyof typeof SHAPES;

const TABLE_ACTIONS = [
  ...["GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem"],
  ...["PartiQLInsert", "PartiQLUpdate", "PartiQLDelete", "PartiQLSelect"],
].map((action) => `dynamodb:${action}`);
/** These read and write files, or sign URLs that do so in their name. */
const USES_FILES: ReadonlySet<Name> = new Set<Name>(["api", "pool-scheduler", "work", "sweeper"]);
const SWEEP_EVERY = Duration.hours(1);

/** The control plane's functions, each with what starts it and no more rights than it needs. */
export class Functions extends Construct {
  readonly api: LambdaFn;
  readonly registration: LambdaFn;
  private readonly environment: Record<string, string>;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: FunctionsProps,
  ) {
    super(scope, id);
    this.environment = this.variables();
    const { queues, settings } = props;
    this.api = this.make("api");
    this.registration = this.make("registration");
    const events = this.make("node-events");
    const scheduler = this.make("pool-scheduler");
    const work = this.make("work");
    const instances = this.make("instance-events");
    const sweeper = this.make("sweeper");

    feed(events, queues.events, REPORTS_SOURCE);
    feed(scheduler, queues.doorbell, { ...RINGS_SOURCE, concurrency: settings.concurrentPools });
    feed(work, queues.work, WORK_SOURCE);
    this.on("InstanceEnds", instances, ["EC2 Instance State-change Notification"], { state: ["shutting-down", "terminated"] });
    this.on("SpotEnds", instances, ["EC2 Spot Instance Interruption Warning"], undefined);
    new Rule(this, "Sweep", { schedule: Schedule.rate(SWEEP_EVERY), targets: [new LambdaFunction(sweeper, { retryAttempts: 0 })] });

    for (const one of [this.registration, instances]) this.allow(one, ["ec2:DescribeInstances"], "*");
    for (const one of [scheduler, work, sweeper]) this.allowMachines(one);
    this.allow(this.registration, ["sqs:CreateQueue", "sqs:TagQueue", "sqs:SetQueueAttributes"], this.nodeQueues());
    for (const one of [scheduler, work, sweeper]) this.allow(one, ["sqs:DeleteQueue"], this.nodeQueues());
    this.allow(sweeper, ["sqs:ListQueues"], "*");
    for (const { bucket, s3ObjectKey } of props.launch.agents.values()) {
      this.allow(this.registration, ["s3:GetObject"], bucket.arnForObjects(s3ObjectKey));
    }
    this.allow(this.registration, ["s3:PutObject"], `${props.storage.bucket.bucketArn}/${OUTPUTS}*`);
    // Messages to nodes that are too large for a queue, and their signed addresses.
    this.allow(events, ["s3:GetObject", "s3:PutObject"], `${props.storage.bucket.bucketArn}/${REPLIES}*`);
    for (const one of [this.registration, events]) this.allow(one, ["secretsmanager:GetSecretValue"], props.nodeKey.secretArn);
  }

  private make(name: Name): LambdaFn {
    const { bundles, settings, storage, queues, accountKeys } = this.props;
    const logGroup = new LogGroup(this, `${name}-log`, {
      retention: settings.logRetentionDays as RetentionDays,
      removalPolicy: settings.keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    const { memory, seconds } = SHAPES[name];
    const role = new Role(this, `${name}-role`, { assumedBy: new ServicePrincipal("lambda.amazonaws.com") });
    const made = new LambdaFn(this, name, {
      code: Code.fromAsset(`${bundles}/${name}`),
      handler: "index.handler",
      runtime: Runtime.NODEJS_22_X,
      architecture: Architecture.ARM_64,
      memorySize: memory,
      timeout: Duration.seconds(seconds),
      environment: { ...this.environment },
      role,
      tracing: Tracing.ACTIVE,
      loggingFormat: LoggingFormat.JSON,
      logGroup,
    });
    this.allow(made, ["logs:CreateLogStream", "logs:PutLogEvents"], logGroup.logGroupArn);
    this.allow(made, TABLE_ACTIONS, storage.table.tableArn);
    this.allow(made, ["sqs:SendMessage"], queues.doorbell.queueArn, queues.work.queueArn, this.nodeQueues());
    this.allow(made, ["secretsmanager:GetSecretValue"], ...accountKeys.map(({ secretArn }) => secretArn));
    if (USES_FILES.has(name)) {
      this.allow(made, ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"], `${storage.bucket.bucketArn}/*`);
      this.allow(made, ["s3:ListBucket"], storage.bucket.bucketArn);
    }
    acknowledge(made, { "AwsSolutions-L1": "Node.js 22 is what the agents run too; a newer one follows when the tests have run on it." });
    acknowledge(role, this.reasons());
    return made;
  }

  /** Why a function's role has what covers more than one thing. */
  private reasons(): Record<string, string> {
    const { settings, storage } = this.props;
    const bucket = Stack.of(this).getLogicalId(storage.bucket.node.defaultChild as CfnElement);
    const own = (service: string, resource: string) => `arn:<AWS::Partition>:${service}:<AWS::Region>:<AWS::AccountId>:${resource}`;
    const reasons = {
      "*": "X-Ray, SQS's listing and EC2's describing and starting know no resource to name; what is started has the service's launch templates and tags.",
      [own("sqs", `${settings.service}-node-*`)]: "Each node has a queue of its own, named after it when it registers.",
      [own("ec2", "instance/*")]: "Instances come and go; the condition on their tag lets the service end its own alone.",
      [`<${bucket}.Arn>/*`]: "All files of the account, in its one bucket.",
      [`<${bucket}.Arn>/${REPLIES}*`]: "Large messages to nodes, each under a name of its own.",
      [`<${bucket}.Arn>/${OUTPUTS}*`]: "Outputs of tasks, whose names nobody knows before.",
    };
    return Object.fromEntries(Object.entries(reasons).map(([resource, why]) => [`AwsSolutions-IAM5[Resource::${resource}]`, why]));
  }

  private on(id: string, target: LambdaFn, detailType: string[], detail: Record<string, string[]> | undefined): void {
    const eventPattern = { source: ["aws.ec2"], detailType, ...(detail ? { detail } : {}) };
    new Rule(this, id, { eventPattern, targets: [new LambdaFunction(target)] });
  }

  /** Machines are started from the service's templates alone, and ended where they carry its name. */
  private allowMachines(target: LambdaFn): void {
    const { launch, settings } = this.props;
    this.allow(target, ["ec2:DescribeInstances", "ec2:CreateFleet", "ec2:RunInstances", "ec2:CreateTags", "ssm:GetParameters"], "*");
    target.addToRolePolicy(
      new PolicyStatement({
        actions: [
          "ec2:TerminateInstances",
          "ec2:RebootInstances",
          "ec2:StopInstances",
          "ec2:StartInstances",
          "ec2:CreateReplaceRootVolumeTask",
        ],
        resources: [this.arn("ec2", "instance/*")],
        conditions: { StringEquals: { "ec2:ResourceTag/shoal:service": settings.service } },
      }),
    );
    launch.role.grantPassRole(target.grantPrincipal);
  }

  private allow(target: LambdaFn, actions: readonly string[], ...resources: string[]): void {
    target.addToRolePolicy(new PolicyStatement({ actions: [...actions], resources }));
  }

  private nodeQueues(): string {
    return this.arn("sqs", `${this.props.settings.service}-node-*`);
  }

  private arn(service: string, resource: string): string {
    const { partition, region, account } = Stack.of(this);
    return `arn:${partition}:${service}:${region}:${account}:${resource}`;
  }

  private variables(): Record<string, string> {
    const { settings, storage, queues, network, launch, accountKeys, nodeKey, accountUrl, bucketUrl } = this.props;
    const url = ({ queueUrl }: Queue) => queueUrl;
    const agents = [...launch.agents];
    return {
      [variableOf("accountName")]: settings.accountName,
      [variableOf("accountUrl")]: accountUrl,
      [variableOf("service")]: settings.service,
      [variableOf("table")]: storage.table.tableName,
      [variableOf("taskShards")]: String(settings.taskShards),
      [variableOf("bucket")]: storage.bucket.bucketName,
      [variableOf("bucketUrl")]: bucketUrl
        ? `${bucketUrl}/${storage.bucket.bucketName}`
        : `https://${storage.bucket.bucketRegionalDomainName}`,
      [variableOf("eventsUrl")]: url(queues.events),
      [variableOf("doorbellUrl")]: url(queues.doorbell),
      [variableOf("workUrl")]: url(queues.work),
      [variableOf("heartbeatSeconds")]: String(settings.heartbeatSeconds),
      [variableOf("subnetIds")]: network.subnets.map(({ subnetId }) => subnetId).join(","),
      [variableOf("keySecrets")]: accountKeys.map(({ secretArn }) => secretArn).join(","),
      [variableOf("nodeSecret")]: nodeKey.secretArn,
      [variableOf("awsAccount")]: Stack.of(this).account,
      [variableOf("identityCertificate")]: settings.identityCertificate,
      [variableOf("agentBucketUrl")]: bucketUrl
        ? `${bucketUrl}/${agents[0]?.[1].s3BucketName}`
        : `https://${agents[0]?.[1].bucket.bucketRegionalDomainName}`,
      [variableOf("agentKeys")]: agents.map(([platform, asset]) => `${platform}=${asset.s3ObjectKey}`).join(","),
    };
  }
}

function feed(target: LambdaFn, queue: Queue, { batchSize, concurrency }: EventSource): void {
  target.addEventSource(new SqsEventSource(queue, { reportBatchItemFailures: true, batchSize, maxConcurrency: concurrency }));
}
