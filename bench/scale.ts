import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { addTasks, until, withSession } from "./session.ts";

const SIZES = [10_000, 100_000];

/** Adds, lists, counts and deletes a job of many tasks, and watches the server's memory meanwhile. */
export async function scale(say: (line: string) => void): Promise<void> {
  for (const size of SIZES) {
    await withSession(async (session) => {
      const { client, server } = session;
      const before = memoryOf(server.pid);
      let most = before;
      const watch = setInterval(() => {
        const now = memoryOf(server.pid);
        most = { own: Math.max(most.own, now.own), mapped: Math.max(most.mapped, now.mapped) };
      }, 250);
      const times: string[] = [];
      const timed = async (name: string, work: () => Promise<void>) => {
        const began = performance.now();
        await work();
        times.push(`${name} ${((performance.now() - began) / 1000).toFixed(1)} s`);
      };
      await client.job.add({ id: "big", poolInfo: { poolId: "none" } });
      await timed("add", () => addTasks(session, "big", size, "/bin/true", 4));
      await timed("list", async () => {
        let seen = 0;
        let page = await client.task.list("big", { taskListOptions: { maxResults: 1000 } });
        seen += page.length;
        while (page.odatanextLink) {
          page = await client.task.listNext(page.odatanextLink);
          seen += page.length;
        }
        if (seen !== size) throw new Error(`listed ${seen} of ${size}`);
      });
      const { taskCounts } = await client.job.getTaskCounts("big");
      if (taskCounts.active !== size) throw new Error(`counted ${taskCounts.active} of ${size}`);
      await timed("delete", async () => {
        await client.job.deleteMethod("big");
        await until(
          () =>
            client.job.get("big").then(
              () => false,
              () => true,
            ),
          100,
        );
      });
      clearInterval(watch);
      say(
        `scale: ${size} tasks: ${times.join(", ")}; server's own memory ${before.own.toFixed(0)} MB before, ${most.own.toFixed(0)} MB at most; mapped ${most.mapped.toFixed(0)} MB`,
      );
    });
  }
}

/** The process's own memory; the store's pages, which the system maps and takes away as it likes, are told apart where it tells. */
function memoryOf(pid: number): Memory {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const of = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0) / 1024;
    return { own: of("RssAnon"), mapped: of("RssFile") };
  } catch {
    return { own: Number(execFileSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" })) / 1024, mapped: 0 };
  }
}

interface Memory {
  readonly own: number;
  readonly mapped: number;
}
