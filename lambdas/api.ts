import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { createApp } from "../core/api/app.ts";
import { compose } from "./compose.ts";
import { requestOf, resultOf } from "./gateway-event.ts";
import { requestTarget } from "./gateway-path.ts";

const { context, log, accountKeys, spool } = compose(process.env);
const { accountName, accountUrl } = context.settings;
const app = createApp({ context, accountName, keys: accountKeys, log });
const { origin } = new URL(accountUrl);

/** The whole HTTP surface, behind an HTTP API. */
export async function handler(event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> {
  await accountKeys();
  const target = requestTarget(event.rawPath, event.rawQueryString, event.requestContext.stage);
  return resultOf(await app.fetch(requestOf(event, origin), { target }), spool);
}
