import { LARGEST_STORED } from "../../core/protocol/stored-message.ts";
import { send } from "./http.ts";

const TIMEOUT_MS = 25_000;
/** What S3 answers of what is gone, or to an address whose time is over. */
const GONE: ReadonlySet<number> = new Set([403, 404]);

/** The text of a message that was too large for the node's queue; undefined where it is there no more. Rejects where it may be read later. */
export async function readStored(url: string): Promise<string | undefined> {
  const { status, body } = await send({ method: "GET", url, timeoutMs: TIMEOUT_MS, maxBytes: LARGEST_STORED });
  if (GONE.has(status)) return undefined;
  if (status !== 200) throw new Error(`A large message was not given: ${status}.`);
  return body;
}
