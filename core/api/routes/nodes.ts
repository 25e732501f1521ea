import type { Hono } from "hono";
import type { Node } from "../../domain/node.ts";
import { nodeView } from "../../domain/views.ts";
import { getNode, listNodes } from "../../services/nodes/read-nodes.ts";
import { getPool } from "../../services/pools/read-pools.ts";
import type { ApiEnv, Call } from "../call.ts";
import { type Collection, listPage, oneOf } from "../odata/listing.ts";
import { NODE_FILTER, NODE_SELECT } from "../odata/properties.ts";
import { idParam, route } from "./route.ts";

export function nodeRoutes(app: Hono<ApiEnv>): void {
  route(app, "/pools/:poolId/nodes", {
    GET: async (c) => listPage(c.get("call"), await nodes(c.get("call"), idParam(c, "poolId"))),
  });

  route(app, "/pools/:poolId/nodes/:nodeId", {
    GET: async (c) => {
      const call = c.get("call");
      const [poolId, nodeId] = [idParam(c, "poolId"), idParam(c, "nodeId")];
      return oneOf(call, await nodes(call, poolId), await getNode(call.ctx, poolId, nodeId));
    },
  });
}

/** Nodes have no ETag and nothing to expand. Each shows the start task of its pool. */
async function nodes(call: Call, poolId: string): Promise<Collection<Node>> {
  const { spec } = await getPool(call.ctx, poolId);
  return {
    definition: "ComputeNode",
    set: "nodes",
    filterable: NODE_FILTER,
    selectable: NODE_SELECT,
    view: (node) => nodeView(node, call.origin, spec.startTask),
    read: (page) => listNodes(call.ctx, poolId, page),
  };
}
