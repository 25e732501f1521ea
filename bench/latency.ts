import { median, readyPool, until, withSession } from "./session.ts";

const ROUNDS = 50;

/** From just before a task is submitted to an idle pool until its process starts, by this machine's one clock. */
export async function latency(say: (line: string) => void): Promise<void> {
  const times: number[] = [];
  await withSession(async (session) => {
    const { client } = session;
    await readyPool(session, "pool", 1, 1);
    await client.job.add({ id: "job", poolInfo: { poolId: "pool" } });
    for (let i = 0; i < ROUNDS; i++) {
      const submitted = Date.now();
      await client.task.add("job", { id: `t${i}`, commandLine: "/bin/true" });
      await until(async () => (await client.task.get("job", `t${i}`)).state === "completed", 10);
      const started = (await client.task.get("job", `t${i}`)).executionInfo?.startTime;
      times.push((started?.getTime() ?? Number.NaN) - submitted);
    }
  });
  times.sort((a, b) => a - b);
  say(`latency: idle submit to start, ${ROUNDS} tasks: median ${median(times)} ms, 90 % below ${times[Math.floor(ROUNDS * 0.9)]} ms`);
}
