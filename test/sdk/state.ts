import { afterEach, beforeEach, expect } from "vitest";
import { until } from "../support/server.ts";
import type { Send } from "./raw.ts";

/** Everything that the account holds, as the service tells it: to be compared before and after. Nodes apart, as they live on by themselves. */
export async function accountState(send: Send): Promise<Record<string, unknown>> {
  const list = async (path: string) => {
    const { status, text } = await send("GET", path);
    if (status !== 200) throw new Error(`${path}: ${status} ${text}`);
    return (JSON.parse(text) as { value: { id: string }[] }).value;
  };
  const [pools, jobs] = await Promise.all([list("/pools"), list("/jobs")]);
  const tasks = await Promise.all(jobs.map(({ id }) => list(`/jobs/${id}/tasks`)));
  return { pools, jobs, tasks };
}

/** Whatever the tests of this block do, each leaves the account as it was. */
export function accountStays(send: () => Send): void {
  let before: unknown;
  beforeEach(async () => {
    before = await accountState(send());
  });
  afterEach(async () => {
    expect(await accountState(send())).toEqual(before);
  });
}

/** Waits until the pool has the size that it was to have. */
export async function poolIsSteady(send: Send, poolId: string): Promise<void> {
  await until(
    `the pool ${poolId} at rest`,
    async () => JSON.parse((await send("GET", `/pools/${poolId}`)).text).allocationState,
    (state) => state === "steady",
  );
}
