import fc from "fast-check";
import { expect, it } from "vitest";
import { parts } from "../../../adapters/aws/s3/parts.ts";

it("a stream is cut into equal parts, whatever its chunks", async () => {
  const chunks = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(chunks, fc.integer({ min: 1, max: 9 }), async (all, size) => {
      const whole = Buffer.concat(all);
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          for (const chunk of all) controller.enqueue(chunk);
          controller.close();
        },
      });
      const pieces: Uint8Array[] = [];
      for await (const piece of parts(body, size)) pieces.push(piece);
      expect(Buffer.concat(pieces).equals(whole)).toBe(true);
      expect(pieces).toHaveLength(Math.max(1, Math.ceil(whole.length / size)));
      expect(pieces.slice(0, -1).every((piece) => piece.length === size)).toBe(true);
    }),
  );
});
