import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nodeSecret, openOutputsRequest, openReport, signOutputsRequest, signReport } from "../../../core/protocol/signed-report.ts";

const KEY = "the service's own";
const claims = { machineId: "i-1", poolId: "Pool", dedicated: true };
const report = { boot: 1, seq: 2, events: [], load: { want: 1, busy: 0, slotsInUse: 0 } };
const AT = 1_700_000_000_000;
const signed = () => signReport(nodeSecret(KEY, claims), claims, AT, report);

describe("a signed report", () => {
  it("is opened with the name of its sender", () => {
    expect(openReport(KEY, signed(), AT + 1_000)).toEqual({ ...claims, report });
  });
  it.each([
    ["another machine's name", { machineId: "i-2" }],
    ["another pool", { poolId: "other" }],
    ["another kind of node", { dedicated: false }],
    ["another time", { at: AT + 1 }],
    ["another report", { report: JSON.stringify({ ...report, seq: 3 }) }],
    ["another signature", { signature: "x" }],
  ])("is refused with %s", (_what, change) => {
    expect(openReport(KEY, { ...signed(), ...change }, AT)).toEqual({ refused: "wrong signature" });
  });
  it("is refused where it is sent once more, much later", () => {
    expect(openReport(KEY, signed(), AT + 3_600_000)).toEqual({ refused: "replayed" });
  });
  it("is refused under another key", () => {
    expect(openReport("another", signed(), AT)).toEqual({ refused: "wrong signature" });
  });
  it("is never taken for a request to keep outputs, nor that for a report", () => {
    const outputs = signOutputsRequest(nodeSecret(KEY, claims), claims, AT, [{ path: "a" }]);
    expect(openOutputsRequest(KEY, outputs, AT)).toEqual({ claims, content: [{ path: "a" }] });
    expect(openReport(KEY, outputs, AT)).toEqual({ refused: "wrong signature" });
    expect(openOutputsRequest(KEY, signed(), AT)).toEqual({ refused: "wrong signature" });
  });
  it("is refused where it is anything else", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(openReport(KEY, value, AT)).toEqual({ refused: "malformed" });
      }),
    );
  });
});
