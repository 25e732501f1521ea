import { expect, test } from "vitest";
import { isAtLeast, NEWEST, parseVersion, VERSIONS } from "../../../core/api/versions/versions.ts";
import { refusalOf } from "./refusal-of.ts";

test("every published version is spoken, in the order of its date", () => {
  expect(VERSIONS.map((version) => parseVersion(version))).toEqual([...VERSIONS].sort());
  expect(VERSIONS.at(-1)).toBe(NEWEST);
});

test.each([undefined, "", "2024-07-01", "2099-01-01.1.0", "toString", "__proto__"])("%j is no version", (query) => {
  expect(refusalOf(() => parseVersion(query)).code).toBe("UnsupportedRequestVersion");
});

test("versions compare by their order of publication, not as text", () => {
  expect(isAtLeast("2018-12-01.8.0", "2018-12-01.8.0")).toBe(true);
  expect(isAtLeast("2019-08-01.10.0", "2019-06-01.9.0")).toBe(true);
  expect(isAtLeast("2018-08-01.7.0", "2018-12-01.8.0")).toBe(false);
});
