import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LineReader, LineTooLong } from "../../../core/protocol/lines.ts";

describe("lines", () => {
  it("are the same however the bytes are cut", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: "grapheme", minLength: 1 }).filter((s) => !s.includes("\n"))),
        fc.integer({ min: 1, max: 7 }),
        (lines, cut) => {
          const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""));
          const reader = new LineReader(1_000);
          const got: string[] = [];
          for (let at = 0; at < bytes.length; at += cut) got.push(...reader.push(bytes.subarray(at, at + cut)));
          expect(got).toEqual(lines);
        },
      ),
    );
  });
  it("are bounded", () => {
    const reader = new LineReader(4);
    expect([...reader.push(Buffer.from("1234"))]).toEqual([]);
    expect(() => [...reader.push(Buffer.from("5"))]).toThrow(LineTooLong);
  });
  it("may be longer from the next line on", () => {
    const reader = new LineReader(2);
    const got: string[] = [];
    for (const line of reader.push(Buffer.from("a\nlonger\n"))) {
      got.push(line);
      reader.limit = 10;
    }
    expect(got).toEqual(["a", "longer"]);
  });
  it("that are empty are left out", () => {
    expect([...new LineReader(10).push(Buffer.from("\na\n\n\nb\n"))]).toEqual(["a", "b"]);
  });
});
