import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkKeyLength, fileName, isStorable, objectKey } from "../../../adapters/aws/s3/object-key.ts";

const name = fc.string({ unit: fc.constantFrom(".", "/", "=", "a", "-", "0", "é", "😀"), minLength: 1, maxLength: 12 });
const bytes = (text: string) => Buffer.from(text);

describe("an object's key", () => {
  it.each([
    ["a/b.txt", "box/a/b.txt"],
    ["..", "box/.=."],
    ["../.up", "box/.=./.=up"],
    ["a..b/./c", "box/a..b/.=/c"],
    [".=", "box/.=="],
  ])("of %s is %s", (file, key) => {
    expect(objectKey("box", file)).toBe(key);
    expect(fileName("box", key)).toBe(file);
  });

  it("gives back its name, holds no direction, and sorts as the name does, also below a prefix", () => {
    fc.assert(
      fc.property(name, name, (a, b) => {
        const [keyA, keyB] = [objectKey("box", a), objectKey("box", b)];
        expect(fileName("box", keyA)).toBe(a);
        expect(keyA.split("/").some((segment) => segment === "." || segment === "..")).toBe(false);
        expect(Math.sign(Buffer.compare(bytes(keyA), bytes(keyB)))).toBe(Math.sign(Buffer.compare(bytes(a), bytes(b))));
        expect(keyA.startsWith(keyB)).toBe(a.startsWith(b));
      }),
      { numRuns: 2_000 },
    );
  });

  it("is bounded, the container included", () => {
    expect(isStorable("box", "x".repeat(1020))).toBe(true);
    expect(isStorable("box", "x".repeat(1021))).toBe(false);
    expect(() => checkKeyLength("box", "x".repeat(1021))).toThrow(RangeError);
    expect(isStorable("NO", "x")).toBe(false);
  });
});
