import { entryIsOver, type ReadyEntry } from "../../domain/ready.ts";
import type { Write } from "../../ports/store.ts";
import { writeAll } from "../batches.ts";
import type { Context } from "../context.ts";
import type { Refused } from "./apply-plan.ts";
import type { JobSupply, LoadedChunk, Waiting, WaitingDemand } from "./gather-waiting.ts";

/**
 * Takes away those of the entries looked at that were assigned and those that are over, after the assignments: a crash in between leaves entries that their tasks
 * refuse. Answers how many entries were kept that are not true yet. A job that was found without chunks loses its note, unless it was bumped; one that
 * has just been emptied keeps it until the next pass, since the end of a task may let the next of a chain begin.
 */
export async function shrinkChunks(ctx: Context, waiting: Waiting, looked: readonly WaitingDemand[], refused: Refused): Promise<number> {
  const now = ctx.clock.now();
  const gone = new Map<LoadedChunk, Set<ReadyEntry>>();
  let kept = 0;
  for (const demand of looked) {
    if (refused.has(demand) && !entryIsOver(demand.entry, refused.get(demand), now - demand.chunk.at)) {
      kept++;
      continue;
    }
    const entries = gone.get(demand.chunk);
    if (entries) entries.add(demand.entry);
    else gone.set(demand.chunk, new Set([demand.entry]));
  }
  const writes: Write[] = [];
  const notes: Write[] = [];
  for (const supply of waiting.supplies) {
    for (const chunk of supply.chunks) {
      const entries = chunk.entries.filter((entry) => !gone.get(chunk)?.has(entry));
      if (entries.length < chunk.entries.length) writes.push(shrunk(ctx, supply, chunk, entries));
    }
    if (supply.done && supply.chunks.length === 0)
      notes.push({
        kind: "delete",
        key: { pk: supply.note.pk, sk: supply.note.sk },
        when: { equals: { rev: Number(supply.note.rev) } },
      });
  }
  await writeAll(ctx, writes);
  await writeAll(ctx, notes);
  return kept;
}

function shrunk(ctx: Context, supply: JobSupply, chunk: LoadedChunk, entries: readonly ReadyEntry[]): Write {
  const key = { pk: ctx.keys.ready({ jobId: supply.job.id, uid: supply.job.uid }), sk: chunk.sk };
  const when = { equals: { rev: chunk.rev } };
  if (entries.length === 0) return { kind: "delete", key, when };
  return { kind: "update", key, set: { entries: entries.map((entry) => ({ ...entry })), rev: chunk.rev + 1 }, when };
}
