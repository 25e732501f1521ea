import type { Hono } from "hono";
import { Refusal } from "../../domain/errors.ts";
import type { Node } from "../../domain/node.ts";
import type { DeallocationOption } from "../../domain/pool.ts";
import type { Context } from "../../services/context.ts";
import { type DisableSchedulingOption, disableScheduling, enableScheduling } from "../../services/nodes/disable-scheduling.ts";
import { getNode } from "../../services/nodes/read-nodes.ts";
import { deallocateNode, rebootNode, reimageNode, startNode } from "../../services/nodes/restart-node.ts";
import { uploadLog } from "../../services/nodes/upload-log.ts";
import type { ApiContext, ApiEnv } from "../call.ts";
import { readJson, readOptionalJson } from "../middleware/body.ts";
import { acted, document } from "../reply.ts";
import { logUpload } from "../rules/log-upload-rules.ts";
import { parseBody, renderBody } from "../versions/translate.ts";
import { type Handler, idParam, route } from "./route.ts";
import { inVersions } from "./since.ts";

type Operation = (ctx: Context, poolId: string, nodeId: string) => Promise<Node>;

/** What clients do to single nodes. */
export function nodeOperationRoutes(app: Hono<ApiEnv>): void {
  const node = "/pools/:poolId/nodes/:nodeId";
  route(app, `${node}/reboot`, { POST: withOption("NodeRebootParameter", "nodeRebootOption", rebootNode) });
  route(app, `${node}/reimage`, { POST: withOption("NodeReimageParameter", "nodeReimageOption", reimageNode) });
  const deallocate = withOption("NodeDeallocateParameter", "nodeDeallocateOption", deallocateNode);
  route(app, `${node}/deallocate`, { POST: inVersions(deallocate, "2024-07-01.20.0") });
  route(app, `${node}/start`, { POST: inVersions((c) => operate(c, 202, startNode), "2024-07-01.20.0") });
  route(app, `${node}/disablescheduling`, {
    POST: async (c) => {
      const how = (await option(c, "NodeDisableSchedulingParameter", "nodeDisableSchedulingOption")) as DisableSchedulingOption;
      return operate(c, 200, (ctx, poolId, nodeId) => disableScheduling(ctx, poolId, nodeId, how));
    },
  });
  route(app, `${node}/enablescheduling`, { POST: (c) => operate(c, 200, enableScheduling) });
  route(app, `${node}/uploadbatchservicelogs`, { POST: inVersions(uploadLogs, "2018-03-01.6.1") });
  route(app, `${node}/extensions`, { GET: inVersions(listExtensions, "2021-06-01.14.0") });
  route(app, `${node}/extensions/:extension`, { GET: inVersions(getExtension, "2021-06-01.14.0") });
  for (const way of ["remoteloginsettings", "rdp"]) route(app, `${node}/${way}`, { GET: refuseLogin });
}

function withOption(
  definition: string,
  property: string,
  operation: (ctx: Context, poolId: string, nodeId: string, how: DeallocationOption) => Promise<Node>,
): Handler {
  return async (c) => {
    const how = (await option(c, definition, property)) as DeallocationOption;
    return operate(c, 202, (ctx, poolId, nodeId) => operation(ctx, poolId, nodeId, how));
  };
}

/** What is to become of the node's tasks: requeue, unless the body says otherwise; there may be no body. */
async function option(c: ApiContext, definition: string, property: string): Promise<unknown> {
  const body = await readOptionalJson(c.req.raw);
  return (body === undefined ? undefined : parseBody(definition, body, c.get("call").version)[property]) ?? "requeue";
}

async function operate(c: ApiContext, status: 200 | 202, operation: Operation): Promise<Response> {
  const call = c.get("call");
  await operation(call.ctx, idParam(c, "poolId"), idParam(c, "nodeId"));
  return acted(call, status, call.path);
}

async function uploadLogs(c: ApiContext): Promise<Response> {
  const call = c.get("call");
  const request = logUpload(parseBody("UploadBatchServiceLogsConfiguration", await readJson(c.req.raw), call.version));
  const result = await uploadLog(call.ctx, idParam(c, "poolId"), idParam(c, "nodeId"), request.containerUrl);
  return document(
    call,
    "Microsoft.Azure.Batch.Protocol.Entities.Container.UploadBatchServiceLogsResult",
    renderBody("UploadBatchServiceLogsResult", { ...result }, call.version),
  );
}

/** Machines have none of Azure's extensions. */
async function listExtensions(c: ApiContext): Promise<Response> {
  const call = c.get("call");
  await getNode(call.ctx, idParam(c, "poolId"), idParam(c, "nodeId"));
  return document(call, "extensions", { value: [] });
}

async function getExtension(c: ApiContext): Promise<Response> {
  await getNode(c.get("call").ctx, idParam(c, "poolId"), idParam(c, "nodeId"));
  throw new Refusal("ResourceNotFound", {}, "The node has no such extension: extensions of virtual machines are not installed here.");
}

async function refuseLogin(c: ApiContext): Promise<Response> {
  await getNode(c.get("call").ctx, idParam(c, "poolId"), idParam(c, "nodeId"));
  throw new Refusal(
    "NotImplemented",
    {},
    "Nodes have no remote login here. Read their files through the API; a node of an embedded server runs on the machine of the server itself.",
  );
}
