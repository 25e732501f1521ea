import { expect, it } from "vitest";
import { same } from "../../../core/domain/same.ts";

it.each([
  [{ a: 1, b: { c: [1, 2], d: "x" } }, { b: { d: "x", c: [1, 2] }, a: 1 }, true],
  [{ a: 1, b: undefined }, { a: 1 }, true],
  [undefined, undefined, true],
  [undefined, {}, false],
  [{ a: [1, 2] }, { a: [2, 1] }, false],
  [{ a: 1 }, { a: "1" }, false],
  [{ a: { b: 1 } }, { a: { b: 2 } }, false],
  [null, undefined, false],
])("%j and %j: %s", (one, other, equal) => {
  expect(same(one, other)).toBe(equal);
});
