import { describe, expect, it } from "vitest";
import { parseRange } from "../../../core/api/files/range.ts";

describe("a range of a file of 10 bytes", () => {
  it.each([
    ["bytes=0-9", 0, 9],
    ["bytes=1-2", 1, 2],
    ["bytes=3-", 3, 9],
    ["bytes=-4", 6, 9],
    ["bytes=-40", 0, 9],
    ["bytes=8-40", 8, 9],
  ])("%s", (value, start, end) => expect(parseRange("ocp-range", value, 10)).toEqual({ start, end }));

  it.each(["bytes=10-", "bytes=10-12", "bytes=-0"])("%s holds no byte of it", (value) => {
    expect(() => parseRange("ocp-range", value, 10)).toThrow(expect.objectContaining({ code: "InvalidRange", status: 416 }));
  });

  it.each(["1-2", "bytes=", "bytes=-", "bytes=2-1", "bytes=a-b", "bytes=0-1,3-4", "bytes=1-99999999999999999999"])(
    "%s is none",
    (value) => {
      expect(() => parseRange("ocp-range", value, 10)).toThrow(expect.objectContaining({ code: "InvalidHeaderValue" }));
    },
  );

  it("is the whole file without a header", () => expect(parseRange("ocp-range", null, 10)).toBeUndefined());
  it("of an empty file cannot be", () => expect(() => parseRange("ocp-range", "bytes=0-", 0)).toThrow());
});
