import { sweepAll } from "../core/services/sweeps/sweep-all.ts";
import { compose } from "./compose.ts";

const { context, accountKeys } = compose(process.env);

/** The rare sweep of everything, by a schedule: finds what a lost timer or message left lying. */
export async function handler(): Promise<void> {
  await accountKeys();
  await sweepAll(context);
}
