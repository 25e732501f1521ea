import type { Log } from "../core/ports/log.ts";

export interface QueuesOfMachines {
  /** The machines that have a queue, by pages. */
  machines(): AsyncIterable<readonly string[]>;
  remove(machineId: string): Promise<void>;
}

/**
 * Removes the queues of machines that are gone: a machine that registered while its node was taken away has one that nobody else would remove. One request
 * for a thousand queues, and one for two hundred machines.
 */
export async function removeStrayQueues(
  queues: QueuesOfMachines,
  living: (machineIds: readonly string[]) => Promise<ReadonlySet<string>>,
  log: Log,
): Promise<void> {
  for await (const page of queues.machines()) {
    const there = await living(page);
    for (const machineId of page.filter((id) => !there.has(id))) {
      await queues.remove(machineId);
      log("info", "stray queue removed", { machineId });
    }
  }
}
