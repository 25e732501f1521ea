import { type Session, until, withSession } from "./session.ts";

const SCHEDULES = 1_000;
const PARALLEL = 8;
/** By then all schedules are there. */
const AHEAD_MS = 30_000;

/** Schedules that are all due at the same moment: how late the jobs are. */
export async function schedules(say: (line: string) => void): Promise<void> {
  await withSession(async (session) => {
    const due = Date.now() + AHEAD_MS;
    await addAll(session, new Date(due));
    if (Date.now() >= due) throw new Error(`${SCHEDULES} schedules were not added within ${AHEAD_MS / 1000} s`);
    let late: number[] = [];
    await until(async () => {
      late = await lateness(session, due);
      return late.length === SCHEDULES;
    }, 200);
    late.sort((a, b) => a - b);
    const shown = [0.5, 0.99, 1].map((part) => `${((late[Math.ceil(part * late.length) - 1] ?? 0) / 1000).toFixed(2)} s`);
    say(`schedules: ${SCHEDULES} due at once start their jobs after ${shown[0]} (median), ${shown[1]} (99 %), ${shown[2]} (the last)`);
  });
}

async function addAll({ client }: Session, doNotRunUntil: Date): Promise<void> {
  let next = 0;
  const adder = async () => {
    while (next < SCHEDULES) {
      const id = `schedule-${next++}`;
      const schedule = { doNotRunUntil, recurrenceInterval: "P1D" };
      await client.jobSchedule.add({ id, schedule, jobSpecification: { poolInfo: { poolId: "none" } } });
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, adder));
}

/** Of each job that is there, how long after `due` it was made, in milliseconds. */
async function lateness({ client }: Session, due: number): Promise<number[]> {
  const late: number[] = [];
  let page = await client.job.list({ jobListOptions: { select: "id,creationTime" } });
  for (;;) {
    late.push(...page.map(({ creationTime }) => (creationTime?.getTime() ?? 0) - due));
    if (page.odatanextLink === undefined) return late;
    page = await client.job.listNext(page.odatanextLink);
  }
}
