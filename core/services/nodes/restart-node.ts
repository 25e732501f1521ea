/** What users do to single nodes that ends what runs there: the node is told to drain, and the pool's pass goes on as soon as it holds no task. */
import { type ErrorCode, Refusal } from "../../domain/errors.ts";
import type { Node, NodeOperation, NodeState } from "../../domain/node.ts";
import type { DeallocationOption } from "../../domain/pool.ts";
import type { Context } from "../context.ts";
import { ring } from "../ring.ts";
import { changeNode, movedTo } from "./change-node.ts";
import { tellDrain } from "./drain-node.ts";

/**
 * Azure speaks of idle and running alone. A node that is offline, or whose start task failed, is restarted here too: that is how a corrected start task is
 * tried.
 */
const RESTARTS: ReadonlySet<NodeState> = new Set(["idle", "running", "offline", "starttaskfailed"]);

/** Refuses NodeBeingCreated, NodeStateUnusable, and by other codes what else the node is at, as all of these do. */
export function rebootNode(ctx: Context, poolId: string, nodeId: string, how: DeallocationOption): Promise<Node> {
  return operate(ctx, poolId, nodeId, "rebooting", { kind: "reboot", how });
}

/** As a reboot, with the node's disk emptied. */
export function reimageNode(ctx: Context, poolId: string, nodeId: string, how: DeallocationOption): Promise<Node> {
  return operate(ctx, poolId, nodeId, "reimaging", { kind: "reimage", how });
}

/** Stops the node's machine; the node stays in its pool. */
export function deallocateNode(ctx: Context, poolId: string, nodeId: string, how: DeallocationOption): Promise<Node> {
  return operate(ctx, poolId, nodeId, "deallocating", { kind: "deallocate", how });
}

/** Starts a node that was deallocated. Refuses OperationInvalidForCurrentState for any other. */
export async function startNode(ctx: Context, poolId: string, nodeId: string): Promise<Node> {
  const now = ctx.clock.now();
  const node = await changeNode(ctx, poolId, nodeId, (found) => {
    if (found.state !== "deallocated") throw wrongState(found, "deallocated");
    return { ...movedTo("starting", now), order: found.order + 1, operation: { kind: "start", how: "requeue", since: now } };
  });
  await ring(ctx, { pool: { poolId: node.poolId }, operate: [{ nodeId: node.id }] });
  return node;
}

/** An upgrade installs a node anew, which also helps one that is of no use. */
const UPGRADES: ReadonlySet<NodeState> = new Set([...RESTARTS, "unusable"]);

/** Whether the node can be told to be installed anew. The others come to it by themselves, or go. */
export function mayBeUpgraded(node: Node): boolean {
  return node.operation === undefined && UPGRADES.has(node.state);
}

/**
 * Has the node give its tasks back, to be installed with another version of its operating system: the pool's pass is to be rung for that. A node that may not
 * be upgraded now stays as it is.
 */
export async function upgradeNode(ctx: Context, poolId: string, nodeId: string, osVersion: string): Promise<Node> {
  const now = ctx.clock.now();
  const node = await changeNode(ctx, poolId, nodeId, (found) =>
    mayBeUpgraded(found) && found.osVersion !== osVersion
      ? { ...movedTo("upgradingos", now), order: found.order + 1, operation: { kind: "upgrade", how: "requeue", since: now, osVersion } }
      : undefined,
  );
  if (node.operation?.kind === "upgrade") await tellDrain(ctx, node);
  return node;
}

async function operate(
  ctx: Context,
  poolId: string,
  nodeId: string,
  state: NodeState,
  operation: Pick<NodeOperation, "kind" | "how">,
): Promise<Node> {
  const now = ctx.clock.now();
  const node = await changeNode(ctx, poolId, nodeId, (found) => {
    if (found.operation || !RESTARTS.has(found.state)) throw wrongState(found, [...RESTARTS].join(", "));
    return { ...movedTo(state, now), order: found.order + 1, operation: { ...operation, since: now } };
  });
  await tellDrain(ctx, node);
  await ring(ctx, { pool: { poolId: node.poolId }, operate: [{ nodeId: node.id }] });
  return node;
}

/** What is said of a node that is in a state of these. */
const BUSY: { readonly [S in NodeState]?: ErrorCode } = {
  creating: "NodeBeingCreated",
  starting: "NodeBeingStarted",
  waitingforstarttask: "NodeBeingStarted",
  rebooting: "NodeBeingRebooted",
  reimaging: "NodeBeingReimaged",
  upgradingos: "NodeBeingReimaged",
  unusable: "NodeStateUnusable",
};

/** `allowed`: in words, the states in which the operation makes sense. */
export function wrongState(node: Node, allowed: string): Refusal {
  const code = BUSY[node.state];
  if (code) return new Refusal(code, { NodeState: node.state });
  return new Refusal("OperationInvalidForCurrentState", { NodeState: node.state, AllowedStates: allowed });
}
