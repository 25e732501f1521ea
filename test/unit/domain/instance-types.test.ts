import { describe, expect, it } from "vitest";
import { instanceTypes } from "../../../core/domain/instance-types.ts";
import { nearSizes, vmSize } from "../../../core/domain/vm-sizes.ts";

const first = (size: string) => {
  const found = instanceTypes(size);
  return "near" in found ? `near ${found.near.join()}` : `${found.types[0]} ${found.architecture}`;
};

describe("instance types", () => {
  it.each([
    ["standard_d2_v3", "m6i.large x64"],
    ["STANDARD_D2s_v3", "m6i.large x64"],
    ["standard_d4ds_v5", "m6i.xlarge x64"],
    ["standard_d48s_v5", "m6i.12xlarge x64"],
    ["standard_e4s_v4", "r6i.xlarge x64"],
    ["standard_e20_v3", "r6i.8xlarge x64"],
    ["standard_f4s_v2", "c6i.xlarge x64"],
    ["standard_f72s_v2", "c6i.24xlarge x64"],
    ["standard_d4ps_v5", "m7g.xlarge arm64"],
    ["standard_d8pls_v5", "c7g.2xlarge arm64"],
    ["standard_a1_v2", "t3.small x64"],
    ["standard_b1s", "t3.micro x64"],
    ["standard_b2ms", "m6i.large x64"],
    ["standard_d1_v2", "t3.medium x64"],
    ["standard_d2_v2", "m6i.large x64"],
    ["standard_d14_v2", "r6i.4xlarge x64"],
    ["small", "t3.small x64"],
    ["extralarge", "c6i.2xlarge x64"],
  ])("of %s are at least as large: %s", (size, type) => {
    expect(first(size)).toBe(type);
  });

  it.each([
    ["m7i.large", "m7i.large x64"],
    ["C7G.16xlarge", "c7g.16xlarge arm64"],
    ["t4g.nano", "t4g.nano arm64"],
    ["im4gn.xlarge", "im4gn.xlarge arm64"],
    ["a1.medium", "a1.medium arm64"],
    ["g4dn.xlarge", "g4dn.xlarge x64"],
    ["g6.xlarge", "g6.xlarge x64"],
    ["m5.metal", "m5.metal x64"],
    ["u-6tb1.metal", "near"],
  ])("of EC2 stand for themselves: %s", (size, type) => {
    expect(first(size)).toContain(type);
  });

  it("of an unknown size are none, but its near matches are said", () => {
    expect(first("standard_d2_v33")).toMatch(/^near standard_d2_v3,(standard_d\w+,?){2}$/);
    expect(instanceTypes("")).toHaveProperty("near");
    expect(nearSizes("Standard_E4_v9", 2)).toContain("standard_e4_v3");
  });

  it("offer alike types to fall back on", () => {
    expect(instanceTypes("standard_d4_v3")).toEqual({ types: ["m6i.xlarge", "m5.xlarge", "m6a.xlarge"], architecture: "x64" });
    expect(vmSize("Standard_D4_v3")).toEqual({ cores: 4, memoryGiB: 16, architecture: "x64" });
  });
});
