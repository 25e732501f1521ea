import type { FileHandle } from "node:fs/promises";
import type { ByteRange } from "../../core/ports/files.ts";

const CHUNK_BYTES = 64 * 1024;

/**
 * The file's bytes from the range's start to its end or the file's, read as they are asked for. Closes the handle at the end, on an
 * error, and when the reader turns away.
 */
export function streamOf(handle: FileHandle, range: ByteRange = { start: 0 }): ReadableStream<Uint8Array> {
  let position = range.start;
  const past = range.end === undefined ? Number.POSITIVE_INFINITY : range.end + 1;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const wanted = Math.min(CHUNK_BYTES, past - position);
      try {
        const { bytesRead, buffer } =
          wanted > 0 ? await handle.read(Buffer.allocUnsafe(wanted), 0, wanted, position) : { bytesRead: 0, buffer: undefined };
        if (bytesRead > 0 && buffer) {
          position += bytesRead;
          controller.enqueue(new Uint8Array(buffer.buffer, buffer.byteOffset, bytesRead));
          return;
        }
        await handle.close();
        controller.close();
      } catch (error) {
        await handle.close();
        throw error;
      }
    },
    cancel: () => handle.close(),
  });
}
