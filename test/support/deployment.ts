/** The real stack, deployed on the emulator by the CDK's own command line, with machines that boot from its launch template. Takes about a minute. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { BootingMachines } from "./booting-machines.ts";
import { TEST_AWS } from "./dynamo-table.ts";
import { freePort } from "./free-port.ts";
import { FrontDoor } from "./front-door.ts";
import { EMULATOR_PYTHON } from "./needs.ts";
import { selfSigned } from "./self-signed.ts";
import { until } from "./server.ts";

const HOME = fileURLToPath(new URL("../..", import.meta.url));
const ACCOUNT = "000000000000";
const CDK_MS = 240_000;

export interface Deployment {
  readonly url: string;
  readonly account: string;
  readonly key: string;
  /** Where the emulator answers. */
  readonly emulatorUrl: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly machines: BootingMachines;
  /** What the functions and the emulator said. */
  log(): string;
  close(): Promise<void>;
}

export async function deploy(context: Readonly<Record<string, string | number>> = {}): Promise<Deployment> {
  const folder = mkdtempSync(join(tmpdir(), "shoal-deployed-"));
  const port = await freePort();
  const emulatorUrl = `http://127.0.0.1:${port}`;
  const emulator = startEmulator(folder, port);
  const door = new FrontDoor(port);
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const closing: (() => Promise<void> | void)[] = [() => door.close(), () => ended(emulator)];
  const close = async () => {
    for (const step of closing) await step();
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  };
  try {
    await until(
      "the emulator",
      () =>
        fetch(emulatorUrl).then(
          () => true,
          () => false,
        ),
      Boolean,
      60_000,
    );
    const url = await door.listen();
    const cdk = (...args: string[]) => runCdk(emulatorUrl, folder, args);
    cdk("bootstrap", `aws://${ACCOUNT}/${TEST_AWS.region}`);
    const chosen = {
      accountUrl: url,
      emulatorUrl,
      identityCertificate: selfSigned(privateKey, publicKey),
      removalPolicy: "destroy",
      ...context,
    };
    const options = Object.entries(chosen).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    const outputsFile = join(folder, "outputs.json");
    cdk("deploy", "--require-approval", "never", "--outputs-file", outputsFile, ...options);
    const outputs = JSON.parse(readFileSync(outputsFile, "utf8")).shoal as Record<string, string>;
    door.leadTo(outputs.ApiId ?? "");
    const secrets = new SecretsManagerClient({ ...TEST_AWS, endpoint: emulatorUrl });
    const { SecretString: key = "" } = await secrets.send(new GetSecretValueCommand({ SecretId: "shoal/key1" }));
    const machinesFolder = join(folder, "machines");
    mkdirSync(machinesFolder);
    const machines = new BootingMachines({
      url: emulatorUrl,
      account: ACCOUNT,
      key: privateKey,
      folder: machinesFolder,
      template: "shoal-linux-x64",
    });
    closing.unshift(() => machines.close());
    const log = () => readFileSync(join(folder, "emulator.log"), "utf8");
    return { url, account: outputs.AccountName ?? "", key, emulatorUrl, outputs, machines, log, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function startEmulator(folder: string, port: number): ChildProcess {
  // Its functions are written to its temporary folder, and are CommonJS there unless a package file further up says otherwise.
  const temporary = join(folder, "tmp");
  mkdirSync(temporary);
  writeFileSync(join(temporary, "package.json"), "{}\n");
  const log = openSync(join(folder, "emulator.log"), "a");
  return spawn(EMULATOR_PYTHON, ["-m", "ministack"], {
    cwd: folder,
    stdio: ["ignore", log, log],
    detached: true,
    env: {
      PATH: process.env.PATH,
      TMPDIR: temporary,
      BIND_HOST: "127.0.0.1",
      GATEWAY_PORT: String(port),
      LAMBDA_EXECUTOR: "local",
      IOT_MTLS_ENABLED: "0",
      SFTP_ENABLED: "0",
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
    },
  });
}

function runCdk(endpoint: string, folder: string, args: readonly string[]): void {
  const { accessKeyId, secretAccessKey } = TEST_AWS.credentials;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(HOME, "node_modules/.bin/cdklocal"), ...args, "--output", join(folder, "cdk.out")],
    {
      cwd: HOME,
      encoding: "utf8",
      timeout: CDK_MS,
      env: {
        ...process.env,
        AWS_ENDPOINT_URL: endpoint,
        AWS_ENDPOINT_URL_S3: endpoint,
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        AWS_REGION: TEST_AWS.region,
        AWS_DEFAULT_REGION: TEST_AWS.region,
        CI: "true",
      },
    },
  );
  if (status !== 0) throw new Error(`cdklocal ${args[0]} failed with ${status}:\n${stdout}\n${stderr}`);
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exit = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  // The functions' processes are of its group.
  process.kill(-child.pid, "SIGKILL");
  await exit;
}
