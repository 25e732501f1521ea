import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import type { IdentityProof, Registration } from "../core/protocol/registration.ts";
import { openOutputsRequest } from "../core/protocol/signed-report.ts";
import { registerNode } from "../core/services/nodes/register-node.ts";
import { composeRegistration } from "./compose-registration.ts";

const parts = composeRegistration(process.env);
const MAX_OUTPUTS = 100;

/**
 * What machines ask before they are nodes, each showing its instance identity document: `POST /shoal/nodes/agent` answers where their agent's program is,
 * `POST /shoal/nodes` registers. 403 for whoever is no machine of this service, 409 for one whose node is not there yet. `POST /shoal/nodes/outputs`, signed
 * with a node's secret, answers where it may put outputs of its tasks.
 */
export async function handler(event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> {
  const body = bodyOf(event);
  if (event.rawPath.endsWith("/outputs")) return keepOutputs(body);
  const proof = isProof(body) ? body : undefined;
  if (!proof) return text(400, "Send a JSON body with the instance identity document and its signature.");
  const machine = await parts.identify(proof);
  if (!machine) {
    parts.log("warn", "registration refused", { sourceIp: event.requestContext.http.sourceIp });
    return text(403, "This is no running machine of the service.");
  }
  if (event.rawPath.endsWith("/agent")) {
    const url = parts.agentUrl(event.queryStringParameters?.platform ?? "");
    return url ? text(200, url) : text(404, "There is no agent for this platform.");
  }
  const access = await registerNode(parts.context, machine, { key: await parts.nodeKey(), createQueue: parts.createQueue });
  if (!access) return text(409, "The machine is no node yet, or no more. Ask again in some seconds.");
  const registration: Registration = { ...access, region: parts.region, eventsUrl: parts.eventsUrl };
  return json(registration);
}

async function keepOutputs(body: unknown): Promise<APIGatewayProxyStructuredResultV2> {
  const request = openOutputsRequest(await parts.nodeKey(), body, parts.context.clock.now());
  if ("refused" in request) {
    parts.log("warn", "outputs refused", { reason: request.refused });
    return text(403, "This is not signed by a node of the service.");
  }
  const urls = request.content.slice(0, MAX_OUTPUTS).map(({ path }) => parts.outputUrl(request.claims.machineId, path) ?? null);
  return json(urls);
}

function isProof(body: unknown): body is IdentityProof {
  if (typeof body !== "object" || body === null) return false;
  const { document, signature } = body as Record<string, unknown>;
  return typeof document === "string" && typeof signature === "string";
}

/** undefined where it is no JSON. */
function bodyOf({ body, isBase64Encoded }: APIGatewayProxyEventV2): unknown {
  try {
    return JSON.parse(Buffer.from(body ?? "", isBase64Encoded ? "base64" : "utf8").toString());
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function json(body: unknown): APIGatewayProxyStructuredResultV2 {
  return { statusCode: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

function text(statusCode: number, body: string): APIGatewayProxyStructuredResultV2 {
  return { statusCode, headers: { "content-type": "text/plain" }, body };
}
