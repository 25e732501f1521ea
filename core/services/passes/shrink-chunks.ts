import { ENTRY_FRONT_MS, entryIsOver, LAST_CHUNK, type ReadyEntry } from "../../domain/ready.ts";
import type { Write } from "../../ports/store.ts";
import { writeAll } from "../batches.ts";
import type { Context } from "../context.ts";
import type { Refused } from "./apply-plan.ts";
import type { JobSupply, LoadedChunk, Waiting, WaitingDemand } from "./gather-waiting.ts";

/** `kept`: entries that are not true, and may become so; `moved`: how many of them were moved behind the others of their jobs. */
export interface Shrunk {
  readonly kept: number;
  readonly moved: number;
}

/**
 * Takes away those of the entries looked at that were assigned and those that are over, after the assignments: a crash in between leaves entries that their tasks
 * refuse. What is not true for long is moved behind the rest of its job, so that it takes nobody's place. A job that was found without chunks loses its note,
 * unless it was bumped; one that has just been emptied keeps it until the next pass, since the end of a task may let the next of a chain begin.
 */
export async function shrinkChunks(ctx: Context, waiting: Waiting, looked: readonly WaitingDemand[], refused: Refused): Promise<Shrunk> {
  const now = ctx.clock.now();
  const gone = new Map<LoadedChunk, Set<ReadyEntry>>();
  const behind = new Map<LoadedChunk, ReadyEntry[]>();
  let kept = 0;
  let moved = 0;
  for (const demand of looked) {
    const { chunk, entry } = demand;
    const age = now - chunk.at;
    if (refused.has(demand) && !entryIsOver(entry, refused.get(demand), age)) {
      kept++;
      if (age <= ENTRY_FRONT_MS || chunk.sk.startsWith(LAST_CHUNK)) continue;
      moved++;
      behind.set(chunk, [...(behind.get(chunk) ?? []), entry]);
    }
    gone.set(chunk, (gone.get(chunk) ?? new Set()).add(entry));
  }
  const copies: Write[] = [];
  const writes: Write[] = [];
  const notes: Write[] = [];
  for (const supply of waiting.supplies) {
    for (const chunk of supply.chunks) {
      const entries = chunk.entries.filter((entry) => !gone.get(chunk)?.has(entry));
      const last = behind.get(chunk);
      if (last) copies.push(movedBehind(ctx, supply, chunk, last));
      if (entries.length < chunk.entries.length) writes.push(shrunk(ctx, supply, chunk, entries));
    }
    if (supply.done && supply.chunks.length === 0)
      notes.push({
        kind: "delete",
        key: { pk: supply.note.pk, sk: supply.note.sk },
        when: { equals: { rev: Number(supply.note.rev) } },
      });
  }
  // An entry is twice there rather than not at all.
  await writeAll(ctx, copies);
  await writeAll(ctx, writes);
  await writeAll(ctx, notes);
  return { kept, moved };
}

function movedBehind(ctx: Context, { job }: JobSupply, { at }: LoadedChunk, entries: readonly ReadyEntry[]): Write {
  const pk = ctx.keys.ready({ jobId: job.id, uid: job.uid });
  return { kind: "insert", item: { pk, sk: LAST_CHUNK + ctx.ids.next(), entries: entries.map((entry) => ({ ...entry })), rev: 1, at } };
}

function shrunk(ctx: Context, supply: JobSupply, chunk: LoadedChunk, entries: readonly ReadyEntry[]): Write {
  const key = { pk: ctx.keys.ready({ jobId: supply.job.id, uid: supply.job.uid }), sk: chunk.sk };
  const when = { equals: { rev: chunk.rev } };
  if (entries.length === 0) return { kind: "delete", key, when };
  return { kind: "update", key, set: { entries: entries.map((entry) => ({ ...entry })), rev: chunk.rev + 1 }, when };
}
