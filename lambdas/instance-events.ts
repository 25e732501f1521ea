import type { EventBridgeEvent } from "aws-lambda";
import { machineGone } from "../core/services/nodes/machine-gone.ts";
import { compose } from "./compose.ts";

const { context, machines } = compose(process.env);

/** What EC2 tells of instances that end, or that it takes back in two minutes. */
export async function handler(event: EventBridgeEvent<string, { readonly "instance-id": string }>): Promise<void> {
  const owner = await machines.ownerOf(event.detail["instance-id"]);
  if (owner) await machineGone(context, owner);
}
