/** Which running tasks make room for another. Pure. */

export interface Displaceable {
  readonly nodeId: string;
  readonly slots: number;
}

/**
 * Tasks of one node that, sent away, leave `slots` free there: the fewest that any node offers. Empty where no node can have so much room by this.
 * `free`: what nodes have free already, by their ids.
 */
export function fewestToDisplace<T extends Displaceable>(slots: number, running: readonly T[], free: ReadonlyMap<string, number>): T[] {
  const byNode = new Map<string, T[]>();
  for (const task of running) byNode.set(task.nodeId, [...(byNode.get(task.nodeId) ?? []), task]);
  let best: T[] = [];
  for (const [nodeId, tasks] of byNode) {
    let room = free.get(nodeId) ?? 0;
    const chosen: T[] = [];
    for (const task of [...tasks].sort((a, b) => b.slots - a.slots)) {
      if (room >= slots) break;
      chosen.push(task);
      room += task.slots;
    }
    if (room >= slots && chosen.length > 0 && (best.length === 0 || chosen.length < best.length)) best = chosen;
  }
  return best;
}
