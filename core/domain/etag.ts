const TICKS_AT_1970 = 621_355_968_000_000_000n;

/** An ETag in Azure's form, `0x8D...`: the time of the change in ticks of 100 ns, told apart within a millisecond by the revision. */
export function etagOf(changedAt: number, revision: number): string {
  const ticks = BigInt(changedAt) * 10_000n + TICKS_AT_1970 + BigInt(revision % 10_000);
  return `0x${ticks.toString(16).toUpperCase()}`;
}

/** What changes with every change that a client can see: the ETag and the time. `rev` is the entity's revision before the change. */
export function touch(entity: { readonly rev: number }, now: number): { etag: string; lastModified: string } {
  return { etag: etagOf(now, entity.rev + 1), lastModified: new Date(now).toISOString() };
}

/** The ETag of what changed now and has no revision: another than before, also within a millisecond. */
export function etagAfter(before: string, now: number): string {
  const [time, last] = [BigInt(etagOf(now, 0)), BigInt(before)];
  return `0x${(time > last ? time : last + 1n).toString(16).toUpperCase()}`;
}
