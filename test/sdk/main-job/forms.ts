import { expect } from "vitest";
import type { Client, Doc } from "../clients/index.ts";

/** The words of each version for what the scenario asks for and reads back. */
export interface Forms {
  readonly slots: (count: number) => Doc;
  readonly targets: (dedicated: number) => Doc;
  readonly sizes: (targetDedicated: number, currentDedicated: number) => Doc;
  readonly noAction: string;
  readonly file: (url: string, filePath: string, fileMode?: string) => Doc;
  readonly user: Doc;
  readonly unlimitedUnlessGiven: string;
  /** What a version shows only since it has it. */
  readonly since: (year: Client["year"], properties: Doc) => Doc;
  readonly requiredSlots: (count: number) => Doc;
  /** How a failed execution is told. */
  readonly failure: (code: string) => Doc;
  readonly success: Doc;
}

export const UNLIMITED = "P10675199DT2H48M5.4775807S";

export function formsOf({ year }: Client): Forms {
  const old = year === 2017;
  const since: Forms["since"] = (first, properties) => (year >= first ? properties : {});
  return {
    slots: (count) => (year === 2022 ? { taskSlotsPerNode: count } : { maxTasksPerNode: count }),
    targets: (dedicated) => (old ? { targetDedicated: dedicated } : { targetDedicatedNodes: dedicated }),
    sizes: (target, current) =>
      old
        ? { targetDedicated: target, currentDedicated: current }
        : { targetDedicatedNodes: target, currentDedicatedNodes: current, targetLowPriorityNodes: 0, currentLowPriorityNodes: 0 },
    noAction: old ? "noAction" : "noaction",
    file: (url, filePath, fileMode) => ({ [old ? "blobSource" : "httpUrl"]: url, filePath, ...(fileMode !== undefined && { fileMode }) }),
    user: { autoUser: old ? { scope: "task", elevationLevel: "nonAdmin" } : { scope: "pool", elevationLevel: "nonadmin" } },
    unlimitedUnlessGiven: old ? UNLIMITED : "P7D",
    since,
    requiredSlots: (count) => since(2022, { requiredSlots: count }),
    failure: (code) => {
      const told = { code, message: expect.any(String) };
      if (!old) return { result: "failure", failureInfo: expect.objectContaining({ category: "usererror", ...told }) };
      // The first versions told of no exit code, and blamed the service for ending a task.
      if (code === "FailureExitCode") return {};
      return { schedulingError: expect.objectContaining({ category: code === "TaskEnded" ? "serverError" : "userError", ...told }) };
    },
    success: old ? {} : { result: "success" },
  };
}

export const aTime = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z$/);
export const anETag = expect.stringMatching(/^0x[0-9A-F]{15}$/);
