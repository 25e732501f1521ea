/** The agent's program on EC2: registers the machine and works as its node. Its one argument is the path of its settings. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DiskNodeFiles } from "../../adapters/embedded/disk-node-files.ts";
import { logToStderr, messageOf } from "../log.ts";
import { runAgent } from "../run-agent.ts";
import { answerFiles, type NodeRoot } from "./answer-files.ts";
import { OutputKeeper } from "./keep-outputs.ts";
import { Metadata } from "./metadata.ts";
import { readStored } from "./read-stored.ts";
import { register } from "./register.ts";
import { parseSettings } from "./settings.ts";
import { Sqs } from "./sqs.ts";
import { SqsTransport } from "./sqs-transport.ts";

const BAD_SETTINGS = 64;
const METADATA = "http://169.254.169.254";

async function main(): Promise<number> {
  process.stderr.on("error", () => {});
  const settings = parseSettings(readFileSync(process.argv[2] ?? "", "utf8"));
  // The SDKs' own name for another place to ask, where the machine is only made believe.
  const metadata = new Metadata(process.env.AWS_EC2_METADATA_SERVICE_ENDPOINT ?? METADATA);
  const { registration, privateIp } = await register(settings.accountUrl, metadata, logToStderr);
  const sqs = new Sqs(registration.region, () => metadata.credentials());
  const root = nodeRoot(settings.root);
  const outputs = new OutputKeeper(root, settings.accountUrl, registration, logToStderr);
  const transport = new SqsTransport(
    registration,
    sqs,
    (request) => void answerFiles(root, request, logToStderr),
    (report) => outputs.keep(report),
    readStored,
    logToStderr,
  );
  const launcher = join(dirname(process.argv[1] ?? ""), "launcher.cjs");
  return runAgent({ ...settings, launcher, ipAddress: privateIp }, transport);
}

function nodeRoot(path: string): NodeRoot {
  const node = { machineId: "" };
  const kept = { forget: async () => {} };
  const files = new DiskNodeFiles(() => path, kept);
  return {
    stat: (file) => files.stat(node, file),
    read: (file, range) => files.read(node, file, range),
    list: (directory, { recursive, after, limit }) =>
      files.list(node, directory, { recursive, limit, ...(after === undefined ? {} : { after }) }),
    remove: (file, recursive) => files.remove(node, file, recursive),
  };
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    logToStderr("error", "agent", { error: messageOf(error) });
    process.exit(BAD_SETTINGS);
  },
);
