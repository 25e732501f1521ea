import type { Hono } from "hono";
import type { Pool } from "../../domain/pool.ts";
import { checkPreconditions } from "../../domain/preconditions.ts";
import { poolStatsView } from "../../domain/stats-views.ts";
import { poolView } from "../../domain/views.ts";
import { addPool } from "../../services/pools/add-pool.ts";
import { deletePool } from "../../services/pools/delete-pool.ts";
import { getPool, listPools } from "../../services/pools/read-pools.ts";
import { removeNodes } from "../../services/pools/remove-nodes.ts";
import { resizePool, stopResize } from "../../services/pools/resize-pool.ts";
import { updatePool } from "../../services/pools/update-pool.ts";
import { upgradeOs } from "../../services/pools/upgrade-os.ts";
import type { ApiContext, ApiEnv, Call } from "../call.ts";
import { readJson } from "../middleware/body.ts";
import { preconditions } from "../middleware/conditions.ts";
import { type Collection, listPage, oneOf } from "../odata/listing.ts";
import { POOL_FILTER, POOL_SELECT } from "../odata/properties.ts";
import { acted, statsUrl } from "../reply.ts";
import { poolPatch, poolSpec, poolUpdate, removeRequest, resizeRequest, upgradeRequest } from "../rules/pool-rules.ts";
import { parseBody } from "../versions/translate.ts";
import { idParam, route } from "./route.ts";
import { inVersions } from "./since.ts";

export function poolRoutes(app: Hono<ApiEnv>): void {
  route(app, "/pools", {
    GET: (c) => listPage(c.get("call"), pools(c.get("call"))),
    POST: async (c) => {
      const call = c.get("call");
      const pool = await addPool(call.ctx, poolSpec(parseBody("PoolAddParameter", await readJson(c.req.raw), call.version)));
      return acted(call, 201, url(pool), pool);
    },
  });

  route(
    app,
    "/pools/:poolId",
    {
      GET: async (c) => {
        const call = c.get("call");
        const pool = await getPool(call.ctx, idParam(c, "poolId"));
        checkPreconditions(pool, preconditions(c.req.raw.headers), true);
        return oneOf(call, pools(call), pool, pool);
      },
      PATCH: async (c) => {
        const call = c.get("call");
        const changes = poolPatch(parseBody("PoolPatchParameter", await readJson(c.req.raw), call.version));
        const pool = await updatePool(call.ctx, idParam(c, "poolId"), changes, preconditions(c.req.raw.headers));
        return acted(call, 200, url(pool), pool);
      },
      DELETE: async (c) => {
        const call = c.get("call");
        const poolId = idParam(c, "poolId");
        await deletePool(call.ctx, poolId, preconditions(c.req.raw.headers));
        return acted(call, 202, `/pools/${poolId}`);
      },
    },
    { head: true },
  );

  route(app, "/pools/:poolId/updateproperties", {
    POST: async (c) => {
      const call = c.get("call");
      const changes = poolUpdate(parseBody("PoolUpdatePropertiesParameter", await readJson(c.req.raw), call.version));
      const pool = await updatePool(call.ctx, idParam(c, "poolId"), changes);
      return acted(call, 204, `${url(pool)}/updateproperties`, pool);
    },
  });

  route(app, "/pools/:poolId/resize", {
    POST: async (c) => {
      const call = c.get("call");
      const request = resizeRequest(parseBody("PoolResizeParameter", await readJson(c.req.raw), call.version));
      const pool = await resizePool(call.ctx, idParam(c, "poolId"), request, preconditions(c.req.raw.headers));
      return acted(call, 202, `${url(pool)}/resize`, pool);
    },
  });

  route(app, "/pools/:poolId/removenodes", {
    POST: async (c) => {
      const call = c.get("call");
      const request = removeRequest(parseBody("NodeRemoveParameter", await readJson(c.req.raw), call.version));
      const pool = await removeNodes(call.ctx, idParam(c, "poolId"), request, preconditions(c.req.raw.headers));
      return acted(call, 202, `${url(pool)}/removenodes`, pool);
    },
  });

  route(app, "/pools/:poolId/upgradeos", { POST: inVersions(upgrade, "2015-12-01.2.2", "2018-12-01.8.0") });

  route(app, "/pools/:poolId/stopresize", {
    POST: async (c) => {
      const call = c.get("call");
      const pool = await stopResize(call.ctx, idParam(c, "poolId"), preconditions(c.req.raw.headers));
      return acted(call, 202, `${url(pool)}/stopresize`, pool);
    },
  });
}

async function upgrade(c: ApiContext): Promise<Response> {
  const call = c.get("call");
  const osVersion = upgradeRequest(parseBody("PoolUpgradeOSParameter", await readJson(c.req.raw), call.version));
  const pool = await upgradeOs(call.ctx, idParam(c, "poolId"), osVersion, preconditions(c.req.raw.headers));
  return acted(call, 202, `${url(pool)}/upgradeos`, pool);
}

function pools(call: Call): Collection<Pool> {
  return {
    definition: "CloudPool",
    set: "pools",
    filterable: POOL_FILTER,
    selectable: POOL_SELECT,
    view: (pool) => poolView(pool, call.origin),
    stats: async (pools) => pools.map((pool) => poolStatsView(pool, statsUrl(call, url(pool)), call.ctx.clock.now())),
    read: (page) => listPools(call.ctx, page),
    find: { byId: (id) => getPool(call.ctx, id), missing: "PoolNotFound" },
  };
}

function url(pool: Pool): string {
  return `/pools/${pool.id}`;
}
