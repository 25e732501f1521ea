import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import type { IdentityProof, Registration } from "../core/protocol/registration.ts";
import { registerNode } from "../core/services/nodes/register-node.ts";
import { composeRegistration } from "./compose-registration.ts";

const parts = composeRegistration(process.env);

/**
 * What machines ask before they are nodes, each showing its instance identity document: `POST /shoal/nodes/agent` answers where their agent's program is,
 * `POST /shoal/nodes` registers. 403 for whoever is no machine of this service, 409 for one whose node is not there yet.
 */
export async function handler(event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> {
  const proof = proofOf(event);
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
  return { statusCode: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(registration) };
}

function proofOf({ body, isBase64Encoded }: APIGatewayProxyEventV2): IdentityProof | undefined {
  try {
    const { document, signature } = JSON.parse(Buffer.from(body ?? "", isBase64Encoded ? "base64" : "utf8").toString()) as Record<
      string,
      unknown
    >;
    return typeof document === "string" && typeof signature === "string" ? { document, signature } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function text(statusCode: number, body: string): APIGatewayProxyStructuredResultV2 {
  return { statusCode, headers: { "content-type": "text/plain" }, body };
}
