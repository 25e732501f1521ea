import { MACHINES } from "../../support/machines.ts";
import { until } from "../../support/server.ts";
import { type Account, type Answer, type Client, type Doc, wire } from "../clients/index.ts";
import { type Forms, formsOf } from "../main-job/forms.ts";
import { rawSender, type Send } from "../raw.ts";

/** One client at one server, with a pool of one node; what it calls its jobs no other client does. */
export class Stage {
  readonly forms: Forms;
  /** For what the client's version does not know, and for operations of our own. */
  readonly send: Send;
  readonly poolId: string;

  constructor(
    readonly client: Client,
    readonly server: Account,
    readonly slots = 4,
  ) {
    this.forms = formsOf(client);
    this.send = rawSender(server);
    this.poolId = this.named("jobs-and-tasks");
  }

  named(id: string): string {
    return `${id}-${this.client.year}`;
  }

  async addPool(): Promise<void> {
    const { client, forms, poolId, slots } = this;
    await client.call("pool", "add", { id: poolId, ...MACHINES, ...forms.targets(1), ...forms.slots(slots) });
  }

  async removePool(): Promise<void> {
    await this.client.call("pool", "deleteMethod", this.poolId);
  }

  /** Adds a job for the pool, unless told of another; answers its id. */
  async job(id: string, more: Doc = {}): Promise<string> {
    const jobId = this.named(id);
    await this.client.call("job", "add", { id: jobId, poolInfo: { poolId: this.poolId }, ...more });
    return jobId;
  }

  /** Adds what needs the newest properties: by the client where it knows them, else by a request of the newest version. */
  async addNewest(group: "job" | "task", path: string, body: Doc): Promise<void> {
    if (this.client.year === 2022) {
      await (group === "job" ? this.client.call("job", "add", body) : this.client.call("task", "add", path.split("/")[2], body));
      return;
    }
    const { status, text } = await this.send("POST", path, { body });
    if (status !== 201) throw new Error(`${path}: ${status} ${text}`);
  }

  /** Adds tasks. Throws where one of them is refused. */
  async add(jobId: string, ...tasks: readonly Doc[]): Promise<void> {
    const { value } = wire(await this.client.call("task", "addCollection", jobId, tasks));
    for (const { status, error } of value as Doc[]) if (status !== "success") throw new Error(JSON.stringify(error));
  }

  async task(jobId: string, taskId: string): Promise<Doc> {
    return wire(await this.client.call("task", "get", jobId, taskId));
  }

  /** The task as soon as it is so. */
  reaches(jobId: string, taskId: string, state: string): Promise<Doc> {
    return until(
      `${taskId} ${state}`,
      () => this.task(jobId, taskId),
      (seen) => seen.state === state,
      60_000,
    );
  }

  ended(jobId: string, taskId: string): Promise<Doc> {
    return this.reaches(jobId, taskId, "completed");
  }

  /** The job as soon as it is so. */
  jobReaches(jobId: string, state: string): Promise<Doc> {
    return until(
      `${jobId} ${state}`,
      async () => wire(await this.client.call("job", "get", jobId)),
      (seen) => seen.state === state,
      60_000,
    );
  }

  async stdout(jobId: string, taskId: string): Promise<string> {
    return (await this.client.call("file", "getFromTask", jobId, taskId, "stdout.txt")).text;
  }

  /** The codes of the reasons, in order. */
  async why(jobId: string, taskId?: string): Promise<readonly string[]> {
    return (await this.reasons(jobId, taskId)).map(({ code }) => code as string);
  }

  async reasons(jobId: string, taskId?: string): Promise<readonly Doc[]> {
    const { status, text } = await this.send("GET", `/shoal/jobs/${jobId}${taskId === undefined ? "" : `/tasks/${taskId}`}/why`, {
      version: null,
    });
    if (status !== 200) throw new Error(`why: ${status} ${text}`);
    return (JSON.parse(text) as { reasons: Doc[] }).reasons;
  }
}

/** A command line of a script without single quotes. */
export const sh = (script: string) => `/bin/sh -c '${script}'`;

/** Runs until the test ends it. */
export const SLEEPS = sh("exec sleep 600");

/** What an answer that a client throws is about. */
export async function codeOf(call: Promise<Answer>): Promise<unknown> {
  return call.then(
    () => "done",
    (error: { code?: string; body?: { code?: string } }) => error.body?.code ?? error.code,
  );
}
