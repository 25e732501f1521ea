import { CfnOutput, Stack, type StackProps } from "aws-cdk-lib";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { type ITopic, Topic } from "aws-cdk-lib/aws-sns";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import type { Construct } from "constructs";
import { acknowledge } from "../acknowledge.ts";
import { Functions } from "../constructs/functions.ts";
import { ServiceApi } from "../constructs/http-api.ts";
import { Network } from "../constructs/network.ts";
import { NodeLaunch, type Platform } from "../constructs/node-launch.ts";
import { Queues } from "../constructs/queues.ts";
import { Storage } from "../constructs/storage.ts";
import type { Settings } from "../settings.ts";

export interface ShoalStackProps extends StackProps {
  readonly settings: Settings;
  readonly bundles: string;
  readonly agents: Readonly<Record<Platform, string>>;
  readonly userData: string;
  readonly bucketUrl?: string;
}

/** Letters and digits, a multiple of four of them, are a key in base64 too. */
const KEY_LENGTH = 64;

/** One Batch account on AWS. */
export class ShoalStack extends Stack {
  constructor(scope: Construct, id: string, props: ShoalStackProps) {
    super(scope, id, props);
    const { settings, bundles, agents, userData, bucketUrl } = props;
    const storage = new Storage(this, "Storage", settings);
    const queues = new Queues(this, "Queues", { service: settings.service, alarms: this.alarms(settings.alarmEmail) });
    const network = new Network(this, "Network", settings);
    const http = new ServiceApi(this, "Api", settings);
    const accountUrl = settings.accountUrl ?? http.api.apiEndpoint;
    const [key1, key2] = [this.secret(settings, "key1"), this.secret(settings, "key2")];
    const nodeKey = this.secret(settings, "node-key");
    const launch = new NodeLaunch(this, "Nodes", {
      service: settings.service,
      accountUrl,
      network,
      events: queues.events,
      agents,
      userData,
    });
    const functions = new Functions(this, "Functions", {
      settings,
      accountUrl,
      bundles,
      storage,
      queues,
      network,
      launch,
      accountKeys: [key1, key2],
      nodeKey,
      ...(bucketUrl === undefined ? {} : { bucketUrl }),
    });
    http.route(functions.api, functions.registration);

    new CfnOutput(this, "AccountUrl", { value: accountUrl, description: "Where Batch clients and nodes reach the service" });
    new CfnOutput(this, "ApiId", { value: http.api.apiId });
    new CfnOutput(this, "AccountName", { value: settings.accountName });
    new CfnOutput(this, "ReadKey", {
      value: `aws secretsmanager get-secret-value --secret-id ${settings.service}/key1 --query SecretString --output text`,
      description: "Prints the account's first key; key2 is as good",
    });
    new CfnOutput(this, "FilesBucket", { value: storage.bucket.bucketName });
    new CfnOutput(this, "TableName", { value: storage.table.tableName });
  }

  private secret({ service }: Settings, name: string): Secret {
    const secret = new Secret(this, name, {
      secretName: `${service}/${name}`,
      generateSecretString: { excludePunctuation: true, passwordLength: KEY_LENGTH },
    });
    acknowledge(secret, {
      "AwsSolutions-SMG4":
        "Clients hold the account's keys, so that only their users can say when: either key is replaced while the other works. Nodes hold what is made from theirs.",
    });
    return secret;
  }

  private alarms(email: string | undefined): ITopic | undefined {
    if (!email) return undefined;
    const topic = new Topic(this, "Alarms", { enforceSSL: true });
    topic.addSubscription(new EmailSubscription(email));
    return topic;
  }
}
