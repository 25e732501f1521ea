import { taskPath } from "../../core/domain/work-directory.ts";
import type { NodeEvent, NodeReport } from "../../core/protocol/messages.ts";
import type { Registration } from "../../core/protocol/registration.ts";
import { signOutputsRequest, type TaskOutput } from "../../core/protocol/signed-report.ts";
import { type Log, messageOf } from "../log.ts";
import { type NodeRoot, put } from "./answer-files.ts";
import { send } from "./http.ts";

const NAMES = ["stdout.txt", "stderr.txt"];
const MAX_BYTES = 256 * 1024 * 1024;
const AT_ONCE = 50;
const TIMEOUT_MS = 30_000;

interface Found extends TaskOutput {
  readonly size: number;
}

/** What a report says has ended, by the directory that it wrote to. */
function endedCommand(event: NodeEvent): { jobId: string; taskId: string }[] {
  if (event.kind === "task-finished") return [event.task];
  const isJobCommand = event.kind === "preparation" || event.kind === "release";
  if (!isJobCommand || event.id === undefined || event.report?.state !== "completed") return [];
  return [{ jobId: event.job.jobId, taskId: event.id }];
}

/** Puts stdout.txt and stderr.txt of tasks that ended where they outlive the node: those that are not empty, and of at most 256 MiB. */
export class OutputKeeper {
  constructor(
    private readonly root: NodeRoot,
    private readonly accountUrl: string,
    private readonly registration: Registration,
    private readonly log: Log,
  ) {}

  /** Never rejects: what cannot be kept is logged, and is still on the node. */
  async keep(report: NodeReport): Promise<void> {
    const ended = report.events.flatMap(endedCommand);
    const paths = ended.flatMap((task) => NAMES.map((name) => `${taskPath(task)}/${name}`));
    try {
      const found = (await Promise.all(paths.map((path) => this.find(path)))).flatMap((one) => one ?? []);
      for (let i = 0; i < found.length; i += AT_ONCE) await this.keepSome(found.slice(i, i + AT_ONCE));
    } catch (error) {
      this.log("warn", "outputs-not-kept", { tasks: ended.length, error: messageOf(error) });
    }
  }

  private async find(path: string): Promise<Found | undefined> {
    const { size = 0 } = (await this.root.stat(path)) ?? {};
    if (size > MAX_BYTES) this.log("warn", "output-too-large-to-keep", { path, size });
    return size > 0 && size <= MAX_BYTES ? { path, size } : undefined;
  }

  private async keepSome(outputs: readonly Found[]): Promise<void> {
    const { secret, machineId, poolId, dedicated } = this.registration;
    const asked = outputs.map(({ path }) => ({ path }));
    const body = JSON.stringify(signOutputsRequest(secret, { machineId, poolId, dedicated }, Date.now(), asked));
    const url = `${this.accountUrl}/shoal/nodes/outputs`;
    const answer = await send({ method: "POST", url, headers: { "content-type": "application/json" }, body, timeoutMs: TIMEOUT_MS });
    if (answer.status !== 200) throw new Error(`The control plane answered ${answer.status}.`);
    const urls = JSON.parse(answer.body) as (string | null)[];
    await Promise.all(outputs.map((output, index) => this.put(output, urls[index])));
  }

  private async put({ path, size }: Found, url: string | null | undefined): Promise<void> {
    const content = url ? await this.root.read(path, { start: 0, end: size - 1 }) : undefined;
    if (!url || !content) return;
    const status = await put(url, size, content);
    if (status !== 200) throw new Error(`An output was not taken: ${status}.`);
  }
}
