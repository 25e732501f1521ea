import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AgentLink } from "../../../adapters/embedded/agent-link.ts";
import { ManualClock } from "../../../adapters/memory/manual-clock.ts";
import type { NodeEnvelope, ToNode } from "../../../core/protocol/messages.ts";

const clean = (taskId: string): ToNode => ({ kind: "clean", task: { jobId: "j", uid: "u", taskId } });
const report = { boot: 1, seq: 1, events: [], load: { want: 1, busy: 0, slotsInUse: 0 } };

/** The agent's end, as little of it as a test needs. */
class Client {
  private readonly lines: AsyncIterator<string>;
  private constructor(readonly socket: Socket) {
    this.lines = createInterface({ input: socket })[Symbol.asyncIterator]();
    socket.on("error", () => {});
  }
  static async connect(path: string): Promise<Client> {
    const socket = connect(path);
    const client = new Client(socket);
    await new Promise<void>((resolve) => socket.once("connect", resolve));
    return client;
  }
  static async welcomed(path: string, machineId: string): Promise<Client> {
    const client = await Client.connect(path);
    client.say({ type: "hello", machineId, secret: `${machineId}-secret` });
    expect(await client.hear()).toEqual({ type: "welcome" });
    return client;
  }
  say(message: unknown): void {
    this.socket.write(`${JSON.stringify(message)}\n`);
  }
  /** undefined at the end of the connection. */
  async hear(): Promise<{ type: string; receipt?: string; body?: ToNode; id?: number } | undefined> {
    const { done, value } = await this.lines.next();
    return done ? undefined : JSON.parse(value);
  }
}

describe("the agents' link", () => {
  let folder: string;
  let path: string;
  let link: AgentLink;
  let sent: NodeEnvelope[];
  let fail: boolean;
  const clock = new ManualClock();
  const make = () =>
    new AgentLink({
      endpoint: { path },
      authenticate: (machineId, secret) => (secret === `${machineId}-secret` ? { machineId, poolId: "p", dedicated: true } : undefined),
      events: {
        send: async (messages) => {
          if (fail) throw new Error("no room");
          sent.push(...messages.map(({ body }) => body));
        },
      },
      timers: clock,
      log: () => {},
    });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "shoal-link-"));
    path = join(folder, "agents.sock");
    sent = [];
    fail = false;
    link = make();
    await link.listen();
  });
  afterEach(async () => {
    await link.close();
    await rm(folder, { recursive: true });
  });

  it("passes a report on under the name that the connection proved, and accepts it then", async () => {
    const agent = await Client.welcomed(path, "m1");
    agent.say({ type: "report", id: 7, report, machineId: "m2", poolId: "q" });
    expect(await agent.hear()).toEqual({ type: "accepted", id: 7 });
    expect(sent).toEqual([{ machineId: "m1", poolId: "p", dedicated: true, report }]);
  });

  it("refuses a wrong secret, an unknown machine, and whoever does not begin with hello", async () => {
    for (const first of [
      { type: "hello", machineId: "m1", secret: "m2-secret" },
      { type: "hello", machineId: "m1" },
      { type: "report", id: 1, report },
    ]) {
      const agent = await Client.connect(path);
      agent.say(first);
      expect(await agent.hear()).toMatchObject({ type: "refused" });
      expect(await agent.hear()).toBeUndefined();
    }
    expect(sent).toEqual([]);
  });

  it("closes a connection that speaks no JSON, too long a line, or not at all", async () => {
    const babble = await Client.connect(path);
    babble.socket.write("what?\n");
    expect(await babble.hear()).toBeUndefined();
    const long = await Client.connect(path);
    long.socket.write("x".repeat(5_000));
    expect(await long.hear()).toBeUndefined();
    const silent = await Client.connect(path);
    await clock.advance(10_001);
    expect(await silent.hear()).toBeUndefined();
  });

  it("does not accept a report that the queue did not take", async () => {
    const agent = await Client.welcomed(path, "m1");
    fail = true;
    agent.say({ type: "report", id: 1, report });
    expect(await agent.hear()).toBeUndefined();
  });

  it("keeps messages for a machine that is not there yet, in order", async () => {
    await link.send("m1", [clean("a"), clean("b")]);
    await link.send("m2", [clean("other")]);
    const agent = await Client.welcomed(path, "m1");
    expect((await agent.hear())?.body).toEqual(clean("a"));
    expect((await agent.hear())?.body).toEqual(clean("b"));
    await link.send("m1", [clean("c")]);
    expect((await agent.hear())?.body).toEqual(clean("c"));
  });

  it("sends again after a reconnection what was not confirmed, and only that", async () => {
    const first = await Client.welcomed(path, "m1");
    await link.send("m1", [clean("a"), clean("b")]);
    first.say({ type: "received", receipt: (await first.hear())?.receipt });
    await first.hear();
    // The answer to a report shows that the confirmation before it was read.
    first.say({ type: "report", id: 1, report });
    await first.hear();
    first.socket.destroy();
    const second = await Client.welcomed(path, "m1");
    expect((await second.hear())?.body).toEqual(clean("b"));
    await link.send("m1", [clean("c")]);
    expect((await second.hear())?.body).toEqual(clean("c"));
  });

  it("drops the messages of a machine that was removed, and closes its connection", async () => {
    const agent = await Client.welcomed(path, "m1");
    await link.send("m2", [clean("a")]);
    await link.remove("m1");
    await link.remove("m2");
    expect(await agent.hear()).toBeUndefined();
    const other = await Client.welcomed(path, "m2");
    await link.send("m2", [clean("b")]);
    expect((await other.hear())?.body).toEqual(clean("b"));
  });

  it("tells of a machine that is gone, but not while a newer connection stands", async () => {
    const gone: string[] = [];
    const told = new Promise<void>((resolve) =>
      link.onDisconnect((machineId) => {
        gone.push(machineId);
        resolve();
      }),
    );
    const first = await Client.welcomed(path, "m1");
    const second = await Client.welcomed(path, "m1");
    expect(await first.hear()).toBeUndefined();
    expect(gone).toEqual([]);
    second.socket.destroy();
    await told;
    expect(gone).toEqual(["m1"]);
  });

  it("refuses to keep messages without end", async () => {
    await link.send(
      "m1",
      Array.from({ length: 10_000 }, (_, n) => clean(String(n))),
    );
    await expect(link.send("m1", [clean("more")])).rejects.toThrow("m1");
  });

  it("listens where a dead server left its socket, for this user only, but not where one lives", async () => {
    await expect(make().listen()).rejects.toThrow("Another server");
    await link.close();
    await writeFile(path, "");
    link = make();
    await link.listen();
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await Client.welcomed(path, "m1");
  });
});
