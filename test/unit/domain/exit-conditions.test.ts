import { describe, expect, it } from "vitest";
import { exitOptions } from "../../../core/domain/exit-conditions.ts";
import type { ExitConditions, FailureInfo, TaskSpec } from "../../../core/domain/specs.ts";

const satisfy = { dependencyAction: "satisfy" } as const;
const conditions: ExitConditions = {
  exitCodes: [
    { code: 3, exitOptions: satisfy },
    { code: 4, exitOptions: { jobAction: "disable" } },
  ],
  exitCodeRanges: [
    { start: 3, end: 9, exitOptions: { jobAction: "none" } },
    { start: 5, end: 20, exitOptions: { jobAction: "disable", ...satisfy } },
  ],
  default: { jobAction: "disable" },
};

function optionsOf(exitConditions: ExitConditions | undefined, exitCode: number | undefined, failure?: FailureInfo) {
  const spec = { id: "t", commandLine: "x", requiredSlots: 1, ...(exitConditions ? { exitConditions } : {}) } satisfies TaskSpec;
  const result = exitCode === 0 && !failure ? "success" : "failure";
  return exitOptions({ spec, result, ...(exitCode === undefined ? {} : { exitCode }), ...(failure ? { failure } : {}) });
}
const failure = (code: string, details?: FailureInfo["details"]): FailureInfo => ({
  category: "usererror",
  code,
  ...(details ? { details } : {}),
});

describe("exit conditions", () => {
  it.each([
    ["a code beats a range", 3, { jobAction: "terminate", dependencyAction: "satisfy" }],
    ["what an option leaves out is as usual", 4, { jobAction: "disable", dependencyAction: "block" }],
    ["of two ranges the first counts", 6, { jobAction: "none", dependencyAction: "block" }],
    ["the ends belong to a range", 20, { jobAction: "disable", dependencyAction: "satisfy" }],
    ["all else is the default's", 21, { jobAction: "disable", dependencyAction: "block" }],
    ["which never covers 0", 0, { jobAction: "none", dependencyAction: "satisfy" }],
  ] as const)("%s", (_name, code, expected) => {
    expect(optionsOf(conditions, code)).toEqual(expected);
  });

  it("may speak of 0 by its code or a range", () => {
    expect(optionsOf({ exitCodes: [{ code: 0, exitOptions: { dependencyAction: "block" } }] }, 0).dependencyAction).toBe("block");
    expect(optionsOf({ exitCodeRanges: [{ start: -1, end: 1, exitOptions: { jobAction: "disable" } }] }, 0).jobAction).toBe("disable");
  });

  it("speak of what came before and after the command", () => {
    const both = { ...conditions, preProcessingError: satisfy, fileUploadError: { jobAction: "none" } } as const;
    expect(optionsOf(both, undefined, failure("BlobNotFound"))).toEqual({ jobAction: "terminate", dependencyAction: "satisfy" });
    expect(optionsOf(conditions, undefined, failure("BlobNotFound")).jobAction).toBe("disable");
    expect(optionsOf(both, 0, failure("FileUploadMiscError"))).toEqual({ jobAction: "none", dependencyAction: "block" });
    expect(optionsOf(conditions, 0, failure("FileUploadMiscError")).jobAction).toBe("disable");
  });

  it("are as usual where there are none", () => {
    expect(optionsOf(undefined, 0)).toEqual({ jobAction: "none", dependencyAction: "satisfy" });
    expect(optionsOf(undefined, 1)).toEqual({ jobAction: "terminate", dependencyAction: "block" });
  });

  it("hold for the end by the wall clock, and not for the end by a user", () => {
    const overdue = failure("TaskEnded", [{ name: "Constraint", value: "maxWallClockTime" }]);
    expect(optionsOf({ default: satisfy }, 137, overdue).dependencyAction).toBe("satisfy");
    expect(optionsOf({ default: satisfy }, 137, failure("TaskEnded"))).toEqual({ jobAction: "none", dependencyAction: "block" });
  });
});
