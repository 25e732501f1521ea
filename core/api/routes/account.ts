import type { Hono } from "hono";
import type { NodeState } from "../../domain/node.ts";
import { SUPPORTED_IMAGES, type SupportedImage } from "../../domain/supported-images.ts";
import { countNodes, listNodeCounts, type PoolNodeCounts } from "../../services/pools/count-nodes.ts";
import type { ApiContext, ApiEnv, Call } from "../call.ts";
import { type Collection, listPage } from "../odata/listing.ts";
import { IMAGE_FILTER, NODE_COUNTS_FILTER, SKU_FILTER } from "../odata/properties.ts";
import { route } from "./route.ts";
import { inVersions } from "./since.ts";

const NOTHING: ReadonlySet<string> = new Set();
const MOST_POOLS = 10;

/** What is listed for the account as a whole. */
export function accountRoutes(app: Hono<ApiEnv>): void {
  const list =
    <T>(collection: (call: Call) => Collection<T>) =>
    (c: ApiContext) =>
      listPage(c.get("call"), collection(c.get("call")));
  route(app, "/supportedimages", { GET: inVersions(list(images), "2019-06-01.9.0") });
  route(app, "/nodeagentskus", { GET: inVersions(list(skus), "2016-02-01.3.0", "2019-06-01.9.0") });
  route(app, "/nodecounts", { GET: inVersions((c) => listPage(c.get("call"), nodeCounts(c.get("call")), MOST_POOLS), "2018-03-01.6.1") });
}

function images(): Collection<SupportedImage> {
  return {
    definition: "ImageInformation",
    set: "Microsoft.Azure.Batch.Protocol.Entities.Container.imageInformation",
    filterable: IMAGE_FILTER,
    selectable: NOTHING,
    view: ({ nodeAgentSKUId, osType, ...image }) => ({
      nodeAgentSKUId,
      imageReference: { ...image, version: "latest" },
      osType,
      verificationType: "verified",
    }),
    read: ({ after, limit }) => pageOf(SUPPORTED_IMAGES, after, limit),
  };
}

/** As the older versions list them: the node agents, each with its images. */
function skus(): Collection<readonly SupportedImage[]> {
  const ids = [...new Set(SUPPORTED_IMAGES.map((image) => image.nodeAgentSKUId))];
  const groups = ids.map((id) => SUPPORTED_IMAGES.filter((image) => image.nodeAgentSKUId === id));
  return {
    definition: "NodeAgentSku",
    set: "Microsoft.Azure.Batch.Protocol.Entities.Container.nodeAgentSkus",
    filterable: SKU_FILTER,
    selectable: NOTHING,
    view: (group) => ({
      id: group[0]?.nodeAgentSKUId,
      verifiedImageReferences: group.map(({ publisher, offer, sku }) => ({ publisher, offer, sku, version: "latest" })),
      osType: group[0]?.osType,
    }),
    read: ({ after, limit }) => pageOf(groups, after, limit),
  };
}

async function pageOf<T>(all: readonly T[], after: string | undefined, limit: number): Promise<{ items: readonly T[]; next?: string }> {
  const from = after === undefined ? 0 : Number(after) || 0;
  const items = all.slice(from, from + limit);
  return from + limit < all.length ? { items, next: String(from + limit) } : { items };
}

function nodeCounts(call: Call): Collection<PoolNodeCounts> {
  return {
    definition: "PoolNodeCounts",
    set: "poolnodecounts",
    filterable: NODE_COUNTS_FILTER,
    selectable: NOTHING,
    view: ({ poolId, dedicated, lowPriority }) => ({ poolId, dedicated: byState(dedicated), lowPriority: byState(lowPriority) }),
    read: (page) => listNodeCounts(call.ctx, page),
    find: { path: "poolId", byId: (id) => countNodes(call.ctx, id), missing: "PoolNotFound" },
  };
}

/** The API's names of the states in which nodes are counted. */
const STATES: Readonly<Record<string, NodeState>> = {
  creating: "creating",
  idle: "idle",
  offline: "offline",
  preempted: "preempted",
  rebooting: "rebooting",
  reimaging: "reimaging",
  running: "running",
  starting: "starting",
  startTaskFailed: "starttaskfailed",
  leavingPool: "leavingpool",
  unknown: "unknown",
  unusable: "unusable",
  waitingForStartTask: "waitingforstarttask",
  upgradingOS: "upgradingos",
  deallocated: "deallocated",
  deallocating: "deallocating",
};

function byState(counts: ReadonlyMap<NodeState, number>): Record<string, number> {
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  return { ...Object.fromEntries(Object.entries(STATES).map(([name, state]) => [name, counts.get(state) ?? 0])), total };
}
