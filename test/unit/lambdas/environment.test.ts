import { describe, expect, it } from "vitest";
import { readEnvironment } from "../../../lambdas/environment.ts";

describe("a function's environment", () => {
  it("is read with its kinds", () => {
    const variables = { SHOAL_TABLE: "t", SHOAL_TASK_SHARDS: "16", SHOAL_SUBNETS: "a,b" };
    expect(readEnvironment(variables, ["table", "taskShards", "subnetIds"])).toEqual({ table: "t", taskShards: 16, subnetIds: ["a", "b"] });
  });
  it("is refused with all its mistakes, and none of its values", () => {
    const read = () => readEnvironment({ SHOAL_TASK_SHARDS: "s3cret" }, ["table", "taskShards", "bucket"]);
    expect(read).toThrow(/SHOAL_TABLE is not set; SHOAL_TASK_SHARDS is not a whole number above 0; SHOAL_BUCKET is not set/);
    expect(read).not.toThrow(/s3cret/);
  });
});
