import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { addTasks, median, readyPool, untilComplete, withSession } from "./session.ts";

const TASKS = 2000;
const NODES = 4;
const SLOTS = 2;
const PAIRS = 5;
const PROGRAM = "/bin/true";

/** Durable tasks a second, submission included, beside a bare spawn of the same program; pairs one after the other, so that both see the same machine. */
export async function throughput(say: (line: string) => void): Promise<void> {
  say(
    `throughput: ${TASKS} x ${PROGRAM} on ${NODES} nodes x ${SLOTS} slots, ${PAIRS} pairs with a bare Node.js spawn at concurrency ${NODES * SLOTS}`,
  );
  const ratios: number[] = [];
  const rates: number[] = [];
  await withSession(async (session) => {
    await readyPool(session, "pool", NODES, SLOTS);
    for (let pair = 1; pair <= PAIRS; pair++) {
      const bare = await bareSpawn();
      const jobId = `job-${pair}`;
      await session.client.job.add({ id: jobId, poolInfo: { poolId: "pool" } });
      const began = performance.now();
      await addTasks(session, jobId, TASKS, PROGRAM);
      await untilComplete(session, jobId, TASKS);
      const rate = TASKS / ((performance.now() - began) / 1000);
      rates.push(rate);
      ratios.push(rate / bare);
      say(`  pair ${pair}: bare ${bare.toFixed(0)}/s, shoal ${rate.toFixed(0)}/s, ratio ${(rate / bare).toFixed(2)}`);
    }
  });
  say(`  median: ${median(rates).toFixed(0)} tasks/s, ratio ${median(ratios).toFixed(2)}`);
}

async function bareSpawn(): Promise<number> {
  const script = fileURLToPath(new URL("../bench/bare-spawn.mjs", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script, String(TASKS), String(NODES * SLOTS), PROGRAM]);
  return TASKS / (Number(stdout) / 1000);
}
