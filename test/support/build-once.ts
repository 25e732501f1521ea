import { build } from "../../scripts/build.mjs";

/** The agents of the system tests are the real programs: built before the first of them runs. */
export async function setup(): Promise<void> {
  await build();
}
