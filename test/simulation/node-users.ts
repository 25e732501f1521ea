import { Refusal } from "../../core/domain/errors.ts";
import type { Node } from "../../core/domain/node.ts";
import { disableScheduling, enableScheduling } from "../../core/services/nodes/disable-scheduling.ts";
import { listNodes } from "../../core/services/nodes/read-nodes.ts";
import { deallocateNode, rebootNode, reimageNode, startNode } from "../../core/services/nodes/restart-node.ts";
import { removeNodes } from "../../core/services/pools/remove-nodes.ts";
import { Client } from "./client.ts";
import type { Cluster } from "./cluster.ts";
import type { LedgerPool } from "./ledger.ts";
import type { Random } from "./random.ts";

const SECOND = 1000;
const OPTIONS = ["requeue", "requeue", "terminate", "taskcompletion", "retaineddata"] as const;

/** Somebody who does to single nodes of a pool whatever may be done to them. */
export class NodeUser {
  private readonly client: Client;

  constructor(
    private readonly cluster: Cluster,
    private readonly pool: LedgerPool,
    private readonly unrest: number,
    private readonly random: Random,
  ) {
    this.client = new Client(cluster, `operator of ${pool.id}`);
  }

  async live(): Promise<void> {
    for (;;) {
      await this.cluster.loop.sleep(this.random.logarithmic(2, 300) * SECOND);
      if (this.cluster.quiet) return;
      if (this.random.chance(this.unrest)) await this.changeMind();
    }
  }

  private async changeMind(): Promise<void> {
    const nodes = await nodesOf(this.client, this.pool.id);
    if (nodes.length === 0) return;
    const { id } = this.random.pick(nodes);
    const poolId = this.pool.id;
    const how = this.random.pick(OPTIONS);
    const [name, operation] = this.random.pick([
      ["reboot", (ctx) => rebootNode(ctx, poolId, id, how)],
      ["reimage", (ctx) => reimageNode(ctx, poolId, id, how)],
      ["disable", (ctx) => disableScheduling(ctx, poolId, id, how === "retaineddata" ? "requeue" : how)],
      ["enable", (ctx) => enableScheduling(ctx, poolId, id)],
      ["enable", (ctx) => enableScheduling(ctx, poolId, id)],
      ["deallocate", (ctx) => deallocateNode(ctx, poolId, id, how)],
      ["start", (ctx) => startNode(ctx, poolId, id)],
      ["remove", (ctx) => removeNodes(ctx, poolId, { nodeIds: [id], resizeTimeoutMs: 900 * SECOND, deallocation: how })],
    ] as [string, Parameters<Client["ask"]>[1]][]);
    await this.client.ask(`${name} node ${id} (${how})`, operation);
  }
}

/** Every node takes tasks: those that users set offline or stopped, or whose start task failed, are brought back, for as long as it takes. */
export async function calmNodes(cluster: Cluster, poolId: string): Promise<void> {
  const client = new Client(cluster, "operator");
  for (;;) {
    const nodes = await nodesOf(client, poolId);
    for (const { id, state, schedulingState } of nodes) {
      if (state === "deallocated") await client.ask(`start node ${id}`, (ctx) => startNode(ctx, poolId, id));
      else if (state === "starttaskfailed") await client.ask(`reboot node ${id}`, (ctx) => rebootNode(ctx, poolId, id, "requeue"));
      else if (schedulingState === "disabled") await client.ask(`enable node ${id}`, (ctx) => enableScheduling(ctx, poolId, id));
    }
    if (nodes.every(({ state, schedulingState }) => schedulingState === "enabled" && /^(idle|running)$/.test(state))) return;
    await cluster.loop.sleep(10 * SECOND);
  }
}

async function nodesOf(client: Client, poolId: string): Promise<readonly Node[]> {
  const page = await client.ask(`list nodes of ${poolId}`, (ctx) => listNodes(ctx, poolId, { limit: 100 }));
  return !page || page instanceof Refusal ? [] : page.items;
}
