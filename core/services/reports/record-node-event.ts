import { containersOf } from "../../domain/container-configuration.ts";
import { fromItem } from "../../domain/items.ts";
import type { Node, NodeError, NodeState } from "../../domain/node.ts";
import type { Pool } from "../../domain/pool.ts";
import type { NodeRef } from "../../domain/refs.ts";
import type { Value } from "../../ports/store.ts";
import type { Configure, NodeEnvelope, NodeEvent, StartTaskReport } from "../../protocol/messages.ts";
import type { Context } from "../context.ts";
import { changeNode, movedTo, unlessGone } from "../nodes/change-node.ts";
import { tellResume } from "../nodes/drain-node.ts";
import { recordHealth } from "../nodes/node-health.ts";
import { countUpgraded } from "../pools/upgrade-nodes.ts";
import { recordJobCommand } from "../preparations/record-job-command.ts";
import { resolveFiles } from "../tasks/task-order.ts";
import { checkHeldLeases } from "./check-held-leases.ts";

/** What a node says of itself. Of an unknown node nothing is recorded; its first word is an error, to be delivered again when the node is written down. */
export async function recordNodeEvent(ctx: Context, ref: NodeRef, envelope: NodeEnvelope, event: NodeEvent): Promise<void> {
  switch (event.kind) {
    case "joined":
      await joined(ctx, ref, envelope, event);
      return;
    case "start-task":
      await recordStartTask(ctx, ref, envelope, event);
      return;
    case "ready":
      await ready(ctx, ref, envelope);
      return;
    case "task-started":
      await ctx.store.write({
        kind: "update",
        key: ctx.keys.task(event.task),
        set: { startTime: event.at, ...(event.prepared ? { stateTransitionTime: event.at, previousState: "preparing" } : {}) },
        ...(event.prepared ? { remove: ["preparing"] } : {}),
        when: { equals: { state: "running", attempt: event.attempt } },
      });
      return;
    case "heartbeat":
      await heartbeat(ctx, ref, envelope, event);
      return;
    case "preparation":
    case "release":
      await recordJobCommand(ctx, ref, envelope, event);
      return;
    case "coordinated":
    case "task-finished":
    case "task-returned":
    case "lease-done":
    case "drained":
    case "left":
      return;
  }
}

/** States out of which a node starts when its agent does. */
const STARTS: readonly NodeState[] = [
  "creating",
  "starting",
  "waitingforstarttask",
  "starttaskfailed",
  "rebooting",
  "reimaging",
  "upgradingos",
  "unknown",
];

/** An agent that was started again on a node at work runs the start task first: until that has succeeded, the node takes nothing. */
function startsAnew(pool: Pool, { state, boot }: Node, joins: number): boolean {
  return pool.spec.startTask !== undefined && boot < joins && (state === "idle" || state === "running");
}

async function joined(ctx: Context, ref: NodeRef, envelope: NodeEnvelope, event: Extract<NodeEvent, { kind: "joined" }>): Promise<void> {
  const [nodeItem, poolItem] = await ctx.store.getMany([ctx.keys.node(ref.poolId, ref.nodeId), ctx.keys.pool(ref.poolId)]);
  if (!nodeItem || !poolItem) throw new Error(`node ${ref.nodeId} joined before it was written down`);
  const { boot } = envelope.report;
  const pool = fromItem<Pool>(poolItem);
  const node = await changeNode(ctx, ref.poolId, ref.nodeId, (found) => {
    // An agent that was started later has joined meanwhile.
    if (found.boot > boot) return undefined;
    const now = ctx.clock.now();
    const seen = { boot, lastBootTime: event.at, agentVersion: event.agentVersion, lastSeen: new Date(now).toISOString() };
    // What is to be restarted is restarted; this agent only came before that.
    if (found.operation || !(STARTS.includes(found.state) || startsAnew(pool, found, boot))) return seen;
    return { ...seen, ...movedTo("starting", now), startTask: undefined, errors: undefined };
  });
  if (!node.operation) await ctx.nodes.send(node.machineId, [configuration(ctx, pool, node)]);
  await checkHeldLeases(ctx, ref, node.machineId, event.held);
}

function configuration(ctx: Context, pool: Pool, node: Node): Configure {
  const { startTask } = pool.spec;
  const containers = containersOf(pool);
  const { heartbeatSeconds, idleHeartbeatSeconds, lostAfterSeconds, accountName, accountUrl } = ctx.settings;
  return {
    kind: "configure",
    node: { poolId: pool.id, nodeId: node.id },
    accountName,
    accountUrl,
    slots: node.slots,
    dedicated: node.dedicated,
    heartbeatSeconds,
    idleHeartbeatSeconds: idleHeartbeatSeconds ?? heartbeatSeconds,
    // It ends its tasks before they are given to others: two heartbeats earlier, for a report that was late.
    lostAfterSeconds: lostAfterSeconds - 2 * heartbeatSeconds,
    totals: { run: node.totalTasksRun, succeeded: node.totalTasksSucceeded },
    order: node.order,
    drained: node.schedulingState === "disabled",
    ...(containers && { containers }),
    ...(startTask
      ? { startTask: { ...startTask, ...(startTask.resourceFiles ? { resourceFiles: resolveFiles(ctx, startTask.resourceFiles) } : {}) } }
      : {}),
  };
}

/** Ready it is, if it is the agent that joined last; a node that is disabled takes no tasks all the same. */
async function ready(ctx: Context, ref: NodeRef, { report }: NodeEnvelope): Promise<void> {
  const found = await unlessGone(
    changeNode(ctx, ref.poolId, ref.nodeId, (node) => {
      if (node.boot !== report.boot || !READY_FROM.includes(node.state)) return undefined;
      return movedTo(node.schedulingState === "disabled" ? "offline" : "idle", ctx.clock.now());
    }),
  );
  if (found?.boot === report.boot) await countUpgraded(ctx, found);
  // What the agent heard before it was ready may be from before the user changed their mind.
  if (found?.schedulingState === "enabled" && found.order > 0) await tellResume(ctx, found);
}

const READY_FROM: readonly NodeState[] = ["creating", "starting", "waitingforstarttask", "unknown"];

async function recordStartTask(
  ctx: Context,
  ref: NodeRef,
  { report }: NodeEnvelope,
  event: Extract<NodeEvent, { kind: "start-task" }>,
): Promise<void> {
  const item = await ctx.store.get(ctx.keys.pool(ref.poolId));
  const waits = item ? fromItem<Pool>(item).spec.startTask?.waitForSuccess !== false : true;
  const failed = event.info.state === "completed" && (event.info.failure !== undefined || event.info.exitCode !== 0);
  const node = await unlessGone(
    changeNode(ctx, ref.poolId, ref.nodeId, (node) => {
      if (node.boot !== report.boot) return undefined;
      const startTask = { startTask: event.info };
      const now = ctx.clock.now();
      if (waits && failed && (node.state === "starting" || node.state === "waitingforstarttask"))
        return { ...startTask, ...movedTo("starttaskfailed", now), errors: [startTaskError(event.info)] };
      if (waits && event.info.state === "running" && node.state === "starting")
        return { ...startTask, ...movedTo("waitingforstarttask", now) };
      return startTask;
    }),
  );
  if (node && node.boot === report.boot && node.state === "starttaskfailed") await countUpgraded(ctx, node);
}

async function heartbeat(
  ctx: Context,
  ref: NodeRef,
  envelope: NodeEnvelope,
  { held, facts, draining, diskFull }: Extract<NodeEvent, { kind: "heartbeat" }>,
): Promise<void> {
  const set = {
    lastSeen: new Date(ctx.clock.now()).toISOString(),
    runningTasks: facts.running,
    runningSlots: facts.slots,
    totalTasksRun: facts.run,
    totalTasksSucceeded: facts.succeeded,
    ...(facts.recent.length > 0 ? { recentTasks: facts.recent as unknown as Value } : {}),
  };
  // An agent that was started later is the node's now; one whose clock went back must seem silent, and is replaced.
  const when = { equals: { boot: envelope.report.boot } };
  const { ok, item } = await ctx.store.write({ kind: "update", key: ctx.keys.node(ref.poolId, ref.nodeId), set, when });
  if (!ok) return;
  const node = item && fromItem<Node>(item);
  const { boot, load } = envelope.report;
  if (node) await recordHealth(ctx, node, { boot, busy: load.busy > 0, diskFull: diskFull === true });
  // The word that it may take tasks again was lost.
  if (draining && node?.schedulingState === "enabled" && !node.operation) await tellResume(ctx, node);
  await checkHeldLeases(ctx, ref, envelope.machineId, held);
}

function startTaskError({ failure, exitCode }: StartTaskReport): NodeError {
  return { code: failure?.code ?? "StartTaskFailed", message: failure?.message ?? `The start task exited with code ${exitCode}.` };
}
