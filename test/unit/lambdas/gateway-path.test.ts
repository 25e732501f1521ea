import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { requestTarget } from "../../../lambdas/gateway-path.ts";

/** What an HTTP API makes of a path that was sent: all decoded but `%25`. */
const gateway = (sent: string) =>
  sent
    .split(/(%25)/)
    .map((part) => (part === "%25" ? part : decodeURIComponent(part)))
    .join("");

describe("the target of a request behind a gateway", () => {
  it.each([
    ["/pools", "", "/pools"],
    ["/pools/p", "api-version=2022-10-01.16.0&a=%2F", "/pools/p?api-version=2022-10-01.16.0&a=%2F"],
    ["/jobs/j/tasks/t/files/wd/a b/ü.txt", "", "/jobs/j/tasks/t/files/wd%2Fa%20b%2F%C3%BC.txt"],
    ["/jobs/j/tasks/t/files/100%25/x", "", "/jobs/j/tasks/t/files/100%25%2Fx"],
    ["/pools/p/nodes/n/files/a", "", "/pools/p/nodes/n/files/a"],
    ["/jobs/nightly:job-1/tasks/t", "", "/jobs/nightly%3Ajob-1/tasks/t"],
    ["/storage/box/a b/c", "sp=r", "/storage/box/a%20b/c?sp=r"],
  ])("of %s?%s is %s", (path, query, target) => {
    expect(requestTarget(path, query, "$default")).toBe(target);
  });

  it("is without the stage that the gateway names before it", () => {
    expect(requestTarget("/prod/pools", "", "prod")).toBe("/pools");
  });

  it("is left as it is where the gateway did not decode it", () => {
    expect(requestTarget("/jobs/j/tasks/t/files/wd%2Fa%20b", "", "$default")).toBe("/jobs/j/tasks/t/files/wd%2Fa%20b");
  });

  it("is what a client sent, for any name of a file", () => {
    const name = fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => !text.startsWith("/") && !/\p{Surrogate}/u.test(text));
    fc.assert(
      fc.property(name, (file) => {
        const sent = `/jobs/j/tasks/t/files/${encodeURIComponent(file)}`;
        expect(requestTarget(gateway(sent), "", "$default")).toBe(sent);
      }),
    );
  });
});
