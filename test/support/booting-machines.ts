/**
 * Boots what the emulator's EC2 only writes down: each instance that a fleet started gets a metadata service of its own, and runs its user data, which fetches the
 * agent and starts it. Of the script, only the places are others: the metadata's address, the folder, and a plain process for systemd's.
 */
import { type ChildProcess, spawn } from "node:child_process";
import type { KeyObject } from "node:crypto";
import { mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DescribeInstancesCommand, DescribeLaunchTemplateVersionsCommand, EC2Client, type Instance } from "@aws-sdk/client-ec2";
import { agentFlags } from "../../node-agent/heap-flags.ts";
import { TEST_AWS } from "./dynamo-table.ts";
import { MetadataService } from "./metadata-service.ts";

const LOOK_EVERY_MS = 300;
const INSTALL = `#!/bin/bash
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$here/../node"
echo "{\\"accountUrl\\":\\"$1\\",\\"root\\":\\"$(realpath "$here/../node")\\",\\"logFile\\":\\"$here/agent.log\\"}" >"$here/settings.json"
while true; do
  "$here/node" ${agentFlags.join(" ")} "$here/agent.cjs" "$here/settings.json" 2>>"$here/agent.log" &
  echo $! >"$here/agent.pid"
  wait
  sleep 1
done
`;

export interface MachinesOptions {
  /** Where the emulator answers. */
  readonly url: string;
  /** Of AWS. */
  readonly account: string;
  /** Signs identity documents in the place of AWS. */
  readonly key: KeyObject;
  readonly folder: string;
  /** The launch template that instances come from. */
  readonly template: string;
}

interface Booted {
  readonly metadata: MetadataService;
  readonly process: ChildProcess;
}

export class BootingMachines {
  private readonly client: EC2Client;
  private readonly booted = new Map<string, Booted>();
  private running = true;
  private readonly loop: Promise<void>;

  constructor(private readonly options: MachinesOptions) {
    this.client = new EC2Client({ ...TEST_AWS, endpoint: options.url });
    this.loop = this.follow();
  }

  get ids(): string[] {
    return [...this.booted.keys()];
  }

  /** Where the machine's agent and its log are. */
  folderOf(instanceId: string): string {
    return join(this.options.folder, instanceId);
  }

  /** The process of the machine's agent. */
  pidOf(instanceId: string): number {
    return Number(readFileSync(join(this.folderOf(instanceId), "agent", "agent.pid"), "utf8"));
  }

  async close(): Promise<void> {
    this.running = false;
    await this.loop;
    for (const id of this.ids) this.end(id);
    this.client.destroy();
  }

  private async follow(): Promise<void> {
    while (this.running) {
      const instances = await this.instances();
      const there = new Set(instances.map(({ InstanceId }) => InstanceId));
      for (const id of this.ids) if (!there.has(id)) this.end(id);
      for (const instance of instances) {
        const id = instance.InstanceId ?? "";
        if (!this.booted.has(id)) await this.boot(id, instance);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  private async instances(): Promise<Instance[]> {
    const Filters = [{ Name: "instance-state-name", Values: ["pending", "running"] }];
    const { Reservations = [] } = await this.client.send(new DescribeInstancesCommand({ Filters }));
    return Reservations.flatMap(({ Instances = [] }) => Instances);
  }

  private async boot(instanceId: string, { PrivateIpAddress = "127.0.0.1" }: Instance): Promise<void> {
    const metadata = new MetadataService({ instanceId, privateIp: PrivateIpAddress }, this.options.account, this.options.key);
    const address = await metadata.listen();
    const folder = this.folderOf(instanceId);
    mkdirSync(join(folder, "agent"), { recursive: true });
    const script = await this.userData();
    const moved = script
      .replaceAll("http://169.254.169.254", address)
      .replaceAll("/opt/shoal", join(folder, "agent"))
      .replace(/^exec /m, `cat "${join(folder, "install.sh")}" >"${join(folder, "agent", "install.sh")}"\nexec `);
    writeFileSync(join(folder, "install.sh"), INSTALL);
    writeFileSync(join(folder, "user-data.sh"), moved);
    const log = openSync(join(folder, "boot.log"), "a");
    const env = { PATH: process.env.PATH, AWS_EC2_METADATA_SERVICE_ENDPOINT: address };
    const child = spawn("bash", [join(folder, "user-data.sh")], { cwd: folder, env, detached: true, stdio: ["ignore", log, log] });
    this.booted.set(instanceId, { metadata, process: child });
  }

  /** The emulator does not tell an instance's own. */
  private async userData(): Promise<string> {
    const { template: LaunchTemplateName } = this.options;
    const { LaunchTemplateVersions = [] } = await this.client.send(
      new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateName, Versions: ["$Latest"] }),
    );
    return Buffer.from(LaunchTemplateVersions[0]?.LaunchTemplateData?.UserData ?? "", "base64").toString();
  }

  private end(instanceId: string): void {
    const { metadata, process: child } = this.booted.get(instanceId) ?? {};
    this.booted.delete(instanceId);
    metadata?.close();
    if (child?.pid === undefined || child.exitCode !== null) return;
    process.kill(-child.pid, "SIGKILL");
  }
}
