import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { startTestServer } from "../support/server.ts";
import { clientOf } from "../support/server-program.ts";
import { addJob, childrenOf, readyPool, untilComplete } from "../support/work.ts";

const MEGABYTE = 1024;

it.skipIf(process.platform !== "linux")(
  "a node takes at most 60 MB, its launcher included and shared pages counted once, after 1,000 tasks",
  async () => {
    const server = await startTestServer();
    try {
      const client = clientOf(server.url);
      await readyPool(client, "p", 2, 2);
      await addJob(client, "j", "p", 1_000, "/bin/true");
      await untilComplete(client, "j", 1_000);
      for (const machine of readdirSync(join(server.data, "nodes"))) {
        const agent: number = JSON.parse(readFileSync(join(server.data, "nodes", machine, "machine.json"), "utf8")).process.pid;
        const [launcher = 0] = childrenOf(agent);
        expect(kilobytes(agent, "Rss")).toBeLessThan(60 * MEGABYTE);
        expect(kilobytes(agent, "Pss") + kilobytes(launcher, "Pss")).toBeLessThan(60 * MEGABYTE);
      }
    } finally {
      await server.close();
    }
  },
);

function kilobytes(pid: number, what: "Rss" | "Pss"): number {
  const found = new RegExp(`^${what}:\\s+(\\d+) kB$`, "m").exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"));
  return Number(found?.[1] ?? Number.NaN);
}
