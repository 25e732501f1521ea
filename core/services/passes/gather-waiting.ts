/**
 * What waits for a pool, in the order in which it should go: jobs by priority, equals taking turns. Reads no more chunks than there is room
 * for, plus one for each job that is looked into; the first multi-instance tasks count for nothing, as what waits behind them may find room where they do not.
 */
import { fromItem } from "../../domain/items.ts";
import { type Job, poolOf } from "../../domain/job.ts";
import type { Pool } from "../../domain/pool.ts";
import { CHUNK_ENTRIES, type ReadyChunk, type ReadyEntry, type WaitingJob } from "../../domain/ready.ts";
import type { Item, Page } from "../../ports/store.ts";
import { mayReserve, reservingFirst, takesGangs } from "../../scheduling/gangs.ts";
import type { Demand } from "../../scheduling/place.ts";
import { takeTurns } from "../../scheduling/take-turns.ts";
import type { Context } from "../context.ts";
import { readCounts } from "../jobs/counts.ts";
import type { NodeRoom } from "./gather-rooms.ts";
import { ANY_ROOM, canRun, type JobRoom } from "./preparedness.ts";
import { firstInTurn } from "./turns.ts";

export interface LoadedChunk extends ReadyChunk {
  readonly sk: string;
}
export interface WaitingDemand extends Demand<NodeRoom> {
  readonly supply: JobSupply;
  readonly chunk: LoadedChunk;
  readonly entry: ReadyEntry;
  readonly prefers: string | undefined;
}
/** A job's chunks as far as they were read; `done` when there are no more. */
export interface JobSupply {
  readonly job: Job;
  readonly note: Item;
  readonly chunks: LoadedChunk[];
  /** So many of its tasks may start; Infinity where the job has no limit of its own, and any node will do. */
  readonly most: number;
  /** Of the nodes with room, so many that can run none of them. */
  readonly closed: number;
  next: string | undefined;
  done: boolean;
}
export interface Gathered {
  readonly demands: readonly WaitingDemand[];
  readonly supplies: readonly JobSupply[];
}
export interface Waiting extends Gathered {
  /** Priorities at which several jobs wait. */
  readonly contended: ReadonlySet<number>;
}

const anyRoom = (_job: Job) => ANY_ROOM;

const NOTES_PER_PAGE = 100;
/** So many waiting tasks are looked past that fill no single room: multi-instance ones, and those that no node is large enough for. */
const MOST_LOOKED_PAST = 100;

/** The first of the notes about jobs that may have tasks waiting for the pool; none, where nothing waits. */
export function firstNotes(ctx: Context, pool: Pool): Promise<Page> {
  return ctx.store.query({ pk: ctx.keys.waiting(pool.id), limit: NOTES_PER_PAGE });
}

/** `first`: what {@link firstNotes} has just answered; `roomFor`: what nodes have for a job. */
export async function gatherWaiting(ctx: Context, pool: Pool, most: number, first: Page, roomFor = anyRoom): Promise<Waiting> {
  const demands: WaitingDemand[] = [];
  const supplies: JobSupply[] = [];
  let page = first;
  let group: Item[] = [];
  const contended = new Set<number>();
  const drain = async () => {
    if (group.length > 1) contended.add(Number(group[0]?.priority));
    const gathered = await gatherEquals(ctx, pool, group, most - countFilling(demands), roomFor);
    demands.push(...gathered.demands);
    supplies.push(...gathered.supplies);
    group = [];
  };
  for (;;) {
    for (const note of page.items) {
      if (group[0] && group[0].priority !== note.priority) await drain();
      if (countFilling(demands) >= most) return { demands, supplies, contended };
      group.push(note);
    }
    if (page.next === undefined) break;
    page = await ctx.store.query({ pk: ctx.keys.waiting(pool.id), limit: NOTES_PER_PAGE, after: page.next });
  }
  await drain();
  return { demands, supplies, contended };
}

/** Jobs of one priority, beginning behind the one that was served last. Of many, no more are looked into than there is room for. */
async function gatherEquals(
  ctx: Context,
  pool: Pool,
  notes: readonly Item[],
  most: number,
  roomFor: (job: Job) => JobRoom,
): Promise<Gathered> {
  if (notes.length === 0 || most <= 0) return { demands: [], supplies: [] };
  const first = firstInTurn(pool, notes);
  const supplies: JobSupply[] = [];
  let found = 0;
  for (let i = 0; i < notes.length && found < most; i += most) {
    const stretch = Array.from({ length: Math.min(most, notes.length - i) }, (_, k) => notes[(first + i + k) % notes.length] as Item);
    const opened = await openJobs(ctx, pool, stretch, roomFor);
    supplies.push(...opened);
    found = await fill(ctx, pool, supplies, most);
  }
  const now = ctx.clock.now();
  const lists = supplies.map((supply) => startableOf(pool, supply, now));
  const demands = firstFilling(takeTurns(lists, 0, Number.POSITIVE_INFINITY), most);
  return { demands: reservingFirst(demands, ({ chunk }) => chunk.at), supplies };
}

/** Those of a job's tasks, as far as they were read, that may start on the pool. */
function startableOf(pool: Pool, supply: JobSupply, now: number): WaitingDemand[] {
  const demands = supply.chunks.flatMap((chunk) => chunk.entries.map((entry) => demandOf(pool, supply, chunk, entry, now)));
  return onceEach(demands)
    .filter((demand) => fitsInto(pool, demand))
    .slice(0, supply.most);
}

function demandOf(pool: Pool, supply: JobSupply, chunk: LoadedChunk, entry: ReadyEntry, now: number): WaitingDemand {
  const gang = entry.i === undefined ? {} : { rooms: entry.i, reserves: mayReserve(pool, entry.i + supply.closed, chunk.at, now) };
  return {
    supply,
    chunk,
    entry,
    slots: entry.x ? pool.spec.taskSlotsPerNode : (entry.s ?? 1),
    prefers: entry.n,
    accepts: acceptsOf(supply.job, entry),
    group: supply,
    leads: entry.m === 1,
    ...gang,
  };
}

/** Which nodes a task may run on; any, where this says nothing. */
function acceptsOf(job: Job, entry: ReadyEntry): ((room: NodeRoom) => boolean) | undefined {
  const own = entry.i !== undefined ? isWhole : entry.d ? onDedicated : undefined;
  if (!job.spec.jobPreparationTask?.waitForSuccess) return own;
  return (room) => canRun(job, room) && (own?.(room) ?? true);
}

/** Nothing runs on the node, and nothing was handed to it. */
function isWhole({ busy }: NodeRoom): boolean {
  return !busy;
}

function countFilling(demands: readonly WaitingDemand[]): number {
  return demands.filter(({ rooms }) => rooms === undefined).length;
}

/** As many as there is room for, with the multi-instance tasks among them. */
function firstFilling(demands: readonly WaitingDemand[], most: number): readonly WaitingDemand[] {
  let filling = 0;
  const end = demands.findIndex(({ rooms }) => rooms === undefined && ++filling > most);
  return end < 0 ? demands : demands.slice(0, end);
}

function onDedicated({ node }: NodeRoom): boolean {
  return node.dedicated;
}

/** A task may have several entries, as a step that was cut short is taken again: that for its latest attempt counts, the others are for another pass to find over. */
function onceEach(demands: readonly WaitingDemand[]): WaitingDemand[] {
  const latest = new Map<string, WaitingDemand>();
  for (const demand of demands) {
    const other = latest.get(demand.entry.t.toLowerCase());
    if (!other || demand.entry.k > other.entry.k) latest.set(demand.entry.t.toLowerCase(), demand);
  }
  return demands.filter((demand) => latest.get(demand.entry.t.toLowerCase()) === demand);
}

/** The jobs behind notes; a note that no longer says the truth is taken away. */
async function openJobs(ctx: Context, pool: Pool, notes: readonly Item[], roomFor: (job: Job) => JobRoom): Promise<JobSupply[]> {
  const jobs = await ctx.store.getMany(notes.map((note) => ctx.keys.job(fromItem<WaitingJob>(note).jobId)));
  const supplies: JobSupply[] = [];
  for (const [index, note] of notes.entries()) {
    const item = jobs[index];
    const job = item && fromItem<Job>(item);
    const waiting = fromItem<WaitingJob>(note);
    const holds = job && job.uid === waiting.uid && job.state === "active" && job.spec.priority === waiting.priority;
    if (holds && poolOf(job).toLowerCase() === pool.id.toLowerCase()) {
      const { free, closed } = roomFor(job);
      supplies.push({ job, note, chunks: [], most: Math.min(await startable(ctx, job), free), closed, next: undefined, done: false });
    } else await ctx.store.write({ kind: "delete", key: { pk: note.pk, sk: note.sk }, when: { equals: { rev: waiting.rev } } });
  }
  return supplies;
}

/** How many more of the job's tasks may run. By its counts, which are right unless a handler was cut short, and then mended within seconds. */
async function startable(ctx: Context, job: Job): Promise<number> {
  const { maxParallelTasks = -1 } = job.spec;
  if (maxParallelTasks < 0) return Number.POSITIVE_INFINITY;
  const { counts } = await readCounts(ctx, { jobId: job.id, uid: job.uid });
  return Math.max(0, maxParallelTasks - counts.tasks.running);
}

/** Whether the pool, with all nodes that it has now idle, could run it. */
function fitsInto(pool: Pool, { rooms, slots }: WaitingDemand): boolean {
  if (slots > pool.spec.taskSlotsPerNode) return false;
  return rooms === undefined || (takesGangs(pool) && rooms <= pool.currentDedicatedNodes + pool.currentLowPriorityNodes);
}

/** Reads chunks, the same number of each job in a round, until there are entries enough or no more. */
async function fill(ctx: Context, pool: Pool, supplies: readonly JobSupply[], most: number): Promise<number> {
  const now = ctx.clock.now();
  const passedOver = ({ i, s = 1 }: ReadyEntry) => i !== undefined || s > pool.spec.taskSlotsPerNode;
  const others = () => supplies.reduce((sum, { chunks }) => sum + chunks.flatMap(({ entries }) => entries.filter(passedOver)).length, 0);
  for (;;) {
    const startable = new Map(supplies.map((supply) => [supply, startableOf(pool, supply, now)]));
    const filling = [...startable.values()].reduce((sum, demands) => sum + countFilling(demands), 0);
    const found = filling + Math.max(0, others() - MOST_LOOKED_PAST);
    const open = supplies.filter((supply) => !supply.done && (startable.get(supply)?.length ?? 0) < supply.most);
    const missing = most - found;
    if (open.length === 0 || missing <= 0) return found;
    const limit = Math.max(1, Math.ceil(missing / open.length / CHUNK_ENTRIES));
    await Promise.all(open.map((supply) => readChunks(ctx, supply, limit)));
  }
}

async function readChunks(ctx: Context, supply: JobSupply, limit: number): Promise<void> {
  const pk = ctx.keys.ready({ jobId: supply.job.id, uid: supply.job.uid });
  const page = await ctx.store.query({ pk, limit, ...(supply.next === undefined ? {} : { after: supply.next }) });
  supply.chunks.push(...page.items.map((item) => ({ ...fromItem<ReadyChunk>(item), sk: item.sk })));
  supply.next = page.next;
  supply.done = page.next === undefined;
}
