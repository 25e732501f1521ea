import { UPLOAD_PLACE } from "../core/protocol/upload-place.ts";
import { send } from "./ec2/http.ts";

/** Bodies up to here go through any storage endpoint. */
const SMALL_BYTES = 4 * 1024 * 1024;
const TIMEOUT_MS = 30_000;
/** Of the service's own storage endpoint, wherever the service is. */
const OWN = "/storage/";

/**
 * Where a blob of so many bytes is to be put: its own URL, or for a large one where the service's storage endpoint says. What answers anything else is another
 * endpoint, or takes any size itself. Rejects where no answer comes in time.
 */
export async function uploadPlace(url: URL, bytes: number): Promise<URL> {
  if (bytes <= SMALL_BYTES || !url.pathname.startsWith(OWN)) return url;
  const question = new URL(url);
  question.searchParams.set("comp", UPLOAD_PLACE);
  const { status, body } = await send({ method: "GET", url: question.href, timeoutMs: TIMEOUT_MS });
  return status === 200 && URL.canParse(body) ? new URL(body) : url;
}
