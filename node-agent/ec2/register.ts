import type { Registration } from "../../core/protocol/registration.ts";
import { type Log, messageOf } from "../log.ts";
import { send } from "./http.ts";
import type { Metadata } from "./metadata.ts";

const TIMEOUT_MS = 30_000;
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 15_000;

export interface Registered {
  readonly registration: Registration;
  readonly privateIp: string;
}

/** Registers the machine with the control plane, once for each start of the agent. Goes on until it is taken: a machine may be up before its node is written down. */
export async function register(accountUrl: string, metadata: Metadata, log: Log): Promise<Registered> {
  for (let retryMs = FIRST_RETRY_MS; ; retryMs = Math.min(retryMs * 1.5, LAST_RETRY_MS)) {
    try {
      const { privateIp, ...proof } = await metadata.identity();
      const headers = { "content-type": "application/json" };
      const url = `${accountUrl}/shoal/nodes`;
      const { status, body } = await send({ method: "POST", url, headers, body: JSON.stringify(proof), timeoutMs: TIMEOUT_MS });
      if (status === 200) return { registration: JSON.parse(body) as Registration, privateIp };
      log("warn", "not-registered", { status, reason: body.slice(0, 300) });
    } catch (error) {
      log("warn", "not-registered", { error: messageOf(error) });
    }
    await new Promise((resolve) => setTimeout(resolve, retryMs));
  }
}
