import { IDENTITY_CERTIFICATES } from "../adapters/aws/ec2/identity-certificates.ts";
import { openIdentity } from "../adapters/aws/ec2/identity-document.ts";
import type { MachineOwner } from "../adapters/aws/ec2/machine-owner.ts";
import { KeptObjects } from "../adapters/aws/s3/kept-objects.ts";
import { presign } from "../adapters/aws/s3/presign.ts";
import type { IdentityProof } from "../core/protocol/registration.ts";
import { compose, credentialsIn, type Parts } from "./compose.ts";
import { readEnvironment } from "./environment.ts";

const AGENT_URL_S = 900;
const OUTPUT_URL_S = 3_600;
/** The stack's word for: the one that AWS publishes for the region. */
const AWS_CERTIFICATE = "aws";

export interface RegistrationParts extends Pick<Parts, "context" | "log" | "nodeKey"> {
  readonly region: string;
  readonly eventsUrl: string;
  readonly createQueue: (machineId: string) => Promise<string>;
  /** The machine that the proof is of, if it is one of the service's that runs. */
  readonly identify: (proof: IdentityProof) => Promise<MachineOwner | undefined>;
  /** Where the agent for a platform can be read for some minutes; undefined where there is none. */
  readonly agentUrl: (platform: string) => string | undefined;
  /** Takes a PUT of an output that is kept beyond its machine's end; undefined for what is never kept. */
  readonly outputUrl: (machineId: string, path: string) => string | undefined;
}

/** As {@link compose}, with what it takes to admit machines. */
export function composeRegistration(variables: Readonly<Record<string, string | undefined>>): RegistrationParts {
  const { context, log, nodeKey, machines, queues } = compose(variables);
  const env = readEnvironment(variables, [
    "region",
    "eventsUrl",
    "bucketUrl",
    "awsAccount",
    "identityCertificate",
    "agentBucketUrl",
    "agentKeys",
  ]);
  const certificate = env.identityCertificate === AWS_CERTIFICATE ? IDENTITY_CERTIFICATES[env.region] : env.identityCertificate;
  if (!certificate)
    throw new Error(`No certificate of AWS is known for ${env.region}. Deploy with the context value identityCertificate (DER, base64).`);
  const agents = new Map(env.agentKeys.map((agent) => [agent.slice(0, agent.indexOf("=")), agent.slice(agent.indexOf("=") + 1)]));
  const signing = (method: "GET" | "PUT", seconds: number) => {
    return { method, region: env.region, credentials: credentialsIn(variables), seconds, now: context.clock.now() };
  };
  return {
    context,
    log,
    nodeKey,
    region: env.region,
    eventsUrl: env.eventsUrl,
    createQueue: (machineId) => queues.create(machineId),
    identify: async (proof) => {
      const identity = openIdentity(proof, certificate);
      if (identity?.accountId !== env.awsAccount || identity.region !== env.region) return undefined;
      const owner = await machines.ownerOf(identity.instanceId);
      return owner?.running ? owner : undefined;
    },
    agentUrl: (platform) => {
      const key = agents.get(platform);
      return key && presign({ ...signing("GET", AGENT_URL_S), bucketUrl: env.agentBucketUrl, key });
    },
    outputUrl: (machineId, path) => {
      const key = KeptObjects.keyOf(machineId, path);
      return key && presign({ ...signing("PUT", OUTPUT_URL_S), bucketUrl: env.bucketUrl, key });
    },
  };
}
