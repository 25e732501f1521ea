/**
 * One from each list in turn, beginning with the list at `first`, until all are used up or `limit` are taken: how jobs of equal priority
 * share a pool. Pure.
 */
export function takeTurns<T>(lists: readonly (readonly T[])[], first: number, limit: number): T[] {
  const taken: T[] = [];
  const rotated = lists.map((_, index) => lists[(index + first) % lists.length] ?? []);
  for (let round = 0; taken.length < limit; round++) {
    const before = taken.length;
    for (const list of rotated) {
      const one = list[round];
      if (one !== undefined && taken.length < limit) taken.push(one);
    }
    if (taken.length === before) break;
  }
  return taken;
}
