import { Refusal } from "../../domain/errors.ts";

/** The same bytes; ends with RequestBodyTooLarge where there are more than `limit`. For bodies that do not say how long they are. */
export function countedUpTo(limit: number, body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  let seen = 0;
  const counter = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      seen += chunk.byteLength;
      if (seen > limit) throw new Refusal("RequestBodyTooLarge", { MaxLimit: String(limit) });
      controller.enqueue(chunk);
    },
  });
  return body.pipeThrough(counter);
}
