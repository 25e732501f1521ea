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
