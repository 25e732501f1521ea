import { fromItem } from "../../domain/items.ts";
import type { Node, NodeState } from "../../domain/node.ts";
import type { Pool } from "../../domain/pool.ts";
import type { NodeRef } from "../../domain/refs.ts";
import type { Value } from "../../ports/store.ts";
import type { NodeEnvelope, NodeEvent } from "../../protocol/messages.ts";
import type { Context } from "../context.ts";
import { resolveFiles } from "../tasks/task-order.ts";
import { checkHeldLeases } from "./check-held-leases.ts";

/** What a node says of itself. Of an unknown node nothing is recorded; its first word is an error, to be delivered again when the node is written down. */
export async function recordNodeEvent(ctx: Context, ref: NodeRef, envelope: NodeEnvelope, event: NodeEvent): Promise<void> {
  switch (event.kind) {
    case "joined":
      await joined(ctx, ref, envelope, event);
      return;
    case "start-task":
      await recordStartTask(ctx, ref, event);
      return;
    case "ready":
      await move(ctx, ref, ["creating", "starting", "waitingforstarttask", "unknown"], "idle", {});
      return;
    case "task-started":
      await ctx.store.write({
        kind: "update",
        key: ctx.keys.task(event.task),
        set: { startTime: event.at },
        when: { equals: { state: "running", attempt: event.attempt } },
      });
      return;
    case "heartbeat":
      await heartbeat(ctx, ref, envelope, event.held);
      return;
    case "task-finished":
    case "task-returned":
    case "lease-done":
    case "left":
      return;
  }
}

async function joined(ctx: Context, ref: NodeRef, envelope: NodeEnvelope, event: Extract<NodeEvent, { kind: "joined" }>): Promise<void> {
  const [nodeItem, poolItem] = await ctx.store.getMany([ctx.keys.node(ref.poolId, ref.nodeId), ctx.keys.pool(ref.poolId)]);
  if (!nodeItem || !poolItem) throw new Error(`node ${ref.nodeId} joined before it was written down`);
  const node = fromItem<Node>(nodeItem);
  const pool = fromItem<Pool>(poolItem);
  await move(ctx, ref, ["creating", "starting"], "starting", {
    boot: envelope.report.boot,
    lastBootTime: event.at,
    agentVersion: event.agentVersion,
    lastSeen: new Date(ctx.clock.now()).toISOString(),
  });
  const { startTask } = pool.spec;
  await ctx.nodes.send(node.machineId, [
    {
      kind: "configure",
      node: ref,
      accountName: ctx.settings.accountName,
      accountUrl: ctx.settings.accountUrl,
      slots: node.slots,
      dedicated: node.dedicated,
      heartbeatSeconds: ctx.settings.heartbeatSeconds,
      // It ends its tasks before they are given to others: two heartbeats earlier, for a report that was late.
      lostAfterSeconds: ctx.settings.lostAfterSeconds - 2 * ctx.settings.heartbeatSeconds,
      ...(startTask
        ? { startTask: { ...startTask, ...(startTask.resourceFiles ? { resourceFiles: resolveFiles(ctx, startTask.resourceFiles) } : {}) } }
        : {}),
    },
  ]);
  await checkHeldLeases(ctx, ref, node.machineId, event.held);
}

async function recordStartTask(ctx: Context, ref: NodeRef, event: Extract<NodeEvent, { kind: "start-task" }>): Promise<void> {
  const item = await ctx.store.get(ctx.keys.pool(ref.poolId));
  const waits = item ? fromItem<Pool>(item).spec.startTask?.waitForSuccess === true : true;
  const ended = event.info.state === "completed" && (event.info.failure !== undefined || event.info.exitCode !== 0);
  const startTask = { startTask: { ...event.info } as unknown as Value };
  if (ended && waits) await move(ctx, ref, ["starting", "waitingforstarttask"], "starttaskfailed", startTask);
  else if (waits && event.info.state === "running") await move(ctx, ref, ["starting"], "waitingforstarttask", startTask);
  else await ctx.store.write({ kind: "update", key: ctx.keys.node(ref.poolId, ref.nodeId), set: startTask });
}

async function heartbeat(ctx: Context, ref: NodeRef, envelope: NodeEnvelope, held: readonly string[]): Promise<void> {
  const { load } = envelope.report;
  const set = { lastSeen: new Date(ctx.clock.now()).toISOString(), runningTasks: load.busy, runningSlots: load.slotsInUse };
  await ctx.store.write({ kind: "update", key: ctx.keys.node(ref.poolId, ref.nodeId), set });
  await checkHeldLeases(ctx, ref, envelope.machineId, held);
}

/** From one of these states to another, with whatever else changes; a node that is in none of them has moved on and stays so. */
async function move(ctx: Context, ref: NodeRef, from: readonly NodeState[], to: NodeState, more: Record<string, Value>): Promise<void> {
  const set = { ...more, state: to, stateTransitionTime: new Date(ctx.clock.now()).toISOString() };
  await ctx.store.write({ kind: "update", key: ctx.keys.node(ref.poolId, ref.nodeId), set, when: { oneOf: { state: from } } });
}
