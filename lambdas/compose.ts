/** The only place here, with what it loads, that knows adapters: it makes what the functions work with. Nothing is asked of AWS yet. */
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SQSClient } from "@aws-sdk/client-sqs";
import { dynamoClient } from "../adapters/aws/dynamodb/client.ts";
import { DynamoStore } from "../adapters/aws/dynamodb/dynamo-store.ts";
import { FileReplies } from "../adapters/aws/s3/file-replies.ts";
import { KeptObjects } from "../adapters/aws/s3/kept-objects.ts";
import { type Credentials, presign } from "../adapters/aws/s3/presign.ts";
import { S3FileStore } from "../adapters/aws/s3/s3-file-store.ts";
import { S3NodeFiles } from "../adapters/aws/s3/s3-node-files.ts";
import { upload } from "../adapters/aws/s3/upload.ts";
import { SqsNodeQueues } from "../adapters/aws/sqs/node-queues.ts";
import { SqsQueue } from "../adapters/aws/sqs/sqs-queue.ts";
import { systemIds } from "../adapters/embedded/ids.ts";
import { systemClock } from "../adapters/embedded/system-clock.ts";
import { Keys } from "../core/domain/keys.ts";
import { signUrl } from "../core/domain/signed-url.ts";
import { signedWith } from "../core/domain/task-token.ts";
import type { Fleet } from "../core/ports/fleet.ts";
import type { Log } from "../core/ports/log.ts";
import type { Ring, Work } from "../core/protocol/messages.ts";
import type { Context } from "../core/services/context.ts";
import { readEnvironment } from "./environment.ts";
import type { Machines } from "./fleet.ts";
import { heartbeatSettings } from "./heartbeats.ts";
import { lambdaLog } from "./log.ts";
import { REPLIES } from "./object-prefixes.ts";
import { onFirstUse } from "./on-first-use.ts";
import { Secrets } from "./secrets.ts";

type Variables = Readonly<Record<string, string | undefined>>;

const KEPT_S = 3_600;

export interface Parts {
  readonly context: Context;
  readonly log: Log;
  readonly machines: Machines;
  readonly queues: SqsNodeQueues;
  /** The account's keys, at most a minute old; to be asked for before the context is used, which signs with the first of them. */
  readonly accountKeys: () => Promise<readonly string[]>;
  /** What the nodes' secrets are made from. */
  readonly nodeKey: () => Promise<string>;
  /** Keeps a large answer where it can be read for an hour, and says where. */
  readonly spool: (head: readonly Uint8Array[], rest: ReadableStream<Uint8Array>, contentType: string) => Promise<string>;
}

/** Throws an error that names all that is wrong with the environment. */
export function compose(variables: Variables): Parts {
  const env = readEnvironment(variables, [
    "accountName",
    "accountUrl",
    "service",
    "region",
    "table",
    "taskShards",
    "bucket",
    "bucketUrl",
    "eventsUrl",
    "doorbellUrl",
    "workUrl",
    "heartbeatSeconds",
    "subnetIds",
    "keySecrets",
    "nodeSecret",
  ]);
  const log = lambdaLog(env.service);
  const ids = systemIds(systemClock);
  const sqs = new SQSClient({});
  const s3 = new S3Client({ forcePathStyle: !env.bucketUrl.includes(`//${env.bucket}.`) });
  const secretsManager = new SecretsManagerClient({});
  const accountSecrets = new Secrets(secretsManager, env.keySecrets, systemClock.now);
  const nodeSecrets = new Secrets(secretsManager, [env.nodeSecret], systemClock.now);
  const credentials = () => credentialsIn(variables);
  const clock = systemClock;
  const signing = { bucketUrl: env.bucketUrl, region: env.region };
  const queues = new SqsNodeQueues({
    client: sqs,
    baseUrl: env.workUrl.slice(0, env.workUrl.lastIndexOf("/") + 1),
    prefix: env.service,
    keep: async (text) => {
      const key = REPLIES + ids.next();
      await s3.send(new PutObjectCommand({ Bucket: env.bucket, Key: key, Body: text, ContentType: "application/json" }));
      return presign({ method: "GET", ...signing, key, credentials: credentials(), seconds: KEPT_S, now: clock.now() });
    },
    log,
  });
  const loadMachines = async () => (await import("./fleet.ts")).machinesOf(env.service, env.subnetIds);
  const context: Context = {
    store: new DynamoStore({ client: dynamoClient(), table: env.table }),
    keys: new Keys(env.accountName, env.taskShards),
    fleet: onFirstUse<Fleet>(async () => (await loadMachines()).fleet),
    files: new S3FileStore({
      client: s3,
      bucket: env.bucket,
      ...signing,
      credentials,
      clock,
      endpointUrl: (container, name, permissions, seconds) =>
        signUrl({
          key: accountSecrets.latest(),
          baseUrl: `${env.accountUrl}/storage`,
          container,
          name,
          permissions,
          seconds,
          now: clock.now(),
        }),
    }),
    nodeFiles: new S3NodeFiles(
      new FileReplies({
        client: s3,
        bucket: env.bucket,
        prefix: REPLIES,
        putUrl: (key, seconds) => presign({ method: "PUT", ...signing, key, credentials: credentials(), seconds, now: clock.now() }),
        send: (machineId, request) => queues.sendTo(machineId, [request]),
        nextId: ids.next,
      }),
      new KeptObjects(s3, env.bucket),
    ),
    clock,
    ids,
    log,
    doorbell: new SqsQueue<Ring>({ client: sqs, url: env.doorbellUrl }),
    work: new SqsQueue<Work>({ client: sqs, url: env.workUrl }),
    nodes: queues,
    sign: (text) => signedWith(accountSecrets.latest(), text),
    settings: {
      accountName: env.accountName,
      accountUrl: env.accountUrl,
      ...heartbeatSettings(env.heartbeatSeconds),
    },
  };
  return {
    context,
    log,
    machines: {
      fleet: context.fleet,
      ownerOf: async (machineId) => (await loadMachines()).ownerOf(machineId),
      living: async (machineIds) => (await loadMachines()).living(machineIds),
    },
    queues,
    accountKeys: () => accountSecrets.read(),
    nodeKey: async () => (await nodeSecrets.read())[0] ?? "",
    spool: async (head, rest, contentType) => {
      const key = REPLIES + ids.next();
      await upload(s3, { Bucket: env.bucket, Key: key, ContentType: contentType }, joined(head, rest));
      return presign({ method: "GET", ...signing, key, credentials: credentials(), seconds: KEPT_S, now: clock.now() });
    },
  };
}

async function* joinedChunks(head: readonly Uint8Array[], rest: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* head;
  yield* rest as unknown as AsyncIterable<Uint8Array>;
}

function joined(head: readonly Uint8Array[], rest: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  return ReadableStream.from(joinedChunks(head, rest)) as ReadableStream<Uint8Array>;
}

/** Those of the function's role, as Lambda gives them. */
export function credentialsIn(variables: Variables): Credentials {
  const { AWS_ACCESS_KEY_ID = "", AWS_SECRET_ACCESS_KEY = "", AWS_SESSION_TOKEN } = variables;
  return { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY, sessionToken: AWS_SESSION_TOKEN || undefined };
}
