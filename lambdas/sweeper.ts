import { sweepAll } from "../core/services/sweeps/sweep-all.ts";
import { compose } from "./compose.ts";
import { removeStrayQueues } from "./stray-queues.ts";

const { context, log, queues, machines, accountKeys } = compose(process.env);

/** The rare sweep of everything, by a schedule: finds what a lost timer or message left lying, and queues of machines that are gone. */
export async function handler(): Promise<void> {
  await accountKeys();
  await sweepAll(context);
  await removeStrayQueues(queues, machines.living, log);
}
