import { type CreateFleetCommandInput, DescribeInstancesCommand, DescribeSubnetsCommand, type EC2Client } from "@aws-sdk/client-ec2";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Ec2Fleet } from "../../adapters/aws/ec2/ec2-fleet.ts";
import { shortfallOf } from "../../adapters/aws/ec2/shortfall.ts";
import type { LaunchRequest } from "../../core/ports/fleet.ts";
import { ec2Machines } from "../support/ec2-machines.ts";
import { emulator } from "../support/emulator.ts";

describe.skipIf(emulator().missing)("a fleet on EC2", () => {
  let fleet: Ec2Fleet;
  let client: EC2Client;
  let reimaged: string[];
  let sent: CreateFleetCommandInput[];
  beforeEach(async () => {
    ({ fleet, client, reimaged } = await ec2Machines(10));
    sent = [];
    client.middlewareStack.add(
      (next, { commandName }) =>
        (args) => {
          if (commandName === "CreateFleetCommand") sent.push(args.input as CreateFleetCommandInput);
          return next(args);
        },
      { step: "initialize", priority: "high" },
    );
  });
  afterEach(() => client.destroy());

  const pool = { poolId: "MyPool" };
  const request: LaunchRequest = { pool, wave: "wave1", dedicated: 1, lowPriority: 1, vmSize: "standard_d4ps_v5" };

  it("asks for on-demand and for spot by itself, each under a token of its own", async () => {
    await fleet.launch({ ...request, image: { publisher: "canonical", offer: "ubuntu-24_04-lts", sku: "server" } });
    expect(sent.map(({ ClientToken, TargetCapacitySpecification }) => [ClientToken?.slice(-7), TargetCapacitySpecification])).toEqual([
      ["wave1-d", { TotalTargetCapacity: 1, DefaultTargetCapacityType: "on-demand" }],
      ["wave1-l", { TotalTargetCapacity: 1, DefaultTargetCapacityType: "spot" }],
    ]);
    const [config] = sent[0]?.LaunchTemplateConfigs ?? [];
    expect(config?.LaunchTemplateSpecification?.LaunchTemplateName).toMatch(/-linux-arm64$/);
    expect(config?.Overrides?.[0]).toMatchObject({
      InstanceType: "m7g.xlarge",
      ImageId: "resolve:ssm:/aws/service/canonical/ubuntu/server/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id",
    });
  });

  it("starts machines that are to reach one another from the template for those", async () => {
    await fleet.launch({ ...request, interNode: true });
    const names = sent.map(({ LaunchTemplateConfigs }) => LaunchTemplateConfigs?.[0]?.LaunchTemplateSpecification?.LaunchTemplateName);
    expect(names).toEqual([expect.stringMatching(/-linux-arm64-internode$/), expect.stringMatching(/-linux-arm64-internode$/)]);
  });

  it("marks its machines, and finds a pool in whatever case it is named", async () => {
    const { machines } = await fleet.launch(request);
    const { Reservations } = await client.send(new DescribeInstancesCommand({ InstanceIds: machines.map(({ machineId }) => machineId) }));
    const tags = Reservations?.flatMap(({ Instances }) => Instances ?? []).map(({ Tags }) => Tags?.map(({ Key }) => Key).sort());
    expect(tags).toEqual(machines.map(() => ["Name", "shoal:pool", "shoal:service", "shoal:wave"]));
    expect(await fleet.list({ poolId: "mypool" })).toHaveLength(2);
    await fleet.reboot(pool, [machines[0]?.machineId ?? "", "i-0123456789abcdef0"]);
    expect(await fleet.list(pool)).toHaveLength(2);
  });

  it("prefers what lasts of spot and the first type of on-demand, in every subnet", async () => {
    await fleet.launch(request);
    const { Subnets = [] } = await client.send(new DescribeSubnetsCommand({}));
    expect(sent.map(({ Type, OnDemandOptions, SpotOptions }) => [Type, OnDemandOptions, SpotOptions])).toEqual([
      ["instant", { AllocationStrategy: "prioritized" }, undefined],
      ["instant", undefined, { AllocationStrategy: "price-capacity-optimized" }],
    ]);
    for (const { LaunchTemplateConfigs, TagSpecifications } of sent) {
      const { LaunchTemplateSpecification, Overrides = [] } = LaunchTemplateConfigs?.[0] ?? {};
      expect(LaunchTemplateSpecification?.Version).toBe("$Latest");
      expect(new Set(Overrides.map(({ SubnetId }) => SubnetId))).toEqual(new Set(Subnets.map(({ SubnetId }) => SubnetId)));
      expect(Overrides[0]).toMatchObject({ InstanceType: "m7g.xlarge", Priority: 0 });
      const tags = Object.fromEntries(TagSpecifications?.[0]?.Tags?.map(({ Key, Value }) => [Key, Value]) ?? []);
      expect(tags).toMatchObject({ "shoal:pool": "mypool", "shoal:wave": expect.stringMatching(/^wave1-[dl]$/), Name: "MyPool" });
    }
  });

  it("replaces root volumes of its own pool's running machines alone, and lets EC2 reboot, stop and start", async () => {
    const { machines } = await fleet.launch({ ...request, dedicated: 3, lowPriority: 0 });
    const [first = "", second = "", third = ""] = machines.map(({ machineId }) => machineId);
    await fleet.stop(pool, [third]);
    await fleet.reimage(pool, [first, third, "i-0123456789abcdef0"]);
    await fleet.reimage({ poolId: "another" }, [second]);
    expect(reimaged).toEqual([first]);
    const stateOf = async (InstanceId: string) => {
      const { Reservations } = await client.send(new DescribeInstancesCommand({ InstanceIds: [InstanceId] }));
      return Reservations?.[0]?.Instances?.[0]?.State?.Name;
    };
    expect(await stateOf(third)).toBe("stopped");
    await fleet.start(pool, [third]);
    await fleet.reboot(pool, [third]);
    expect(await stateOf(third)).toBe("running");
  });

  it("ends spot instances that are to stop, as EC2 stops none of them", async () => {
    const { machines } = await fleet.launch(request);
    await fleet.stop(
      pool,
      machines.map(({ machineId }) => machineId),
    );
    const { Reservations = [] } = await client.send(
      new DescribeInstancesCommand({ InstanceIds: machines.map(({ machineId }) => machineId) }),
    );
    const states = new Map(Reservations.flatMap(({ Instances = [] }) => Instances).map((one) => [one.InstanceId, one.State?.Name]));
    expect(machines.map(({ machineId, dedicated }) => [dedicated, states.get(machineId)])).toEqual([
      [true, "stopped"],
      [false, "terminated"],
    ]);
  });

  it("gives none of a size or an image that EC2 has not, and says what it has", async () => {
    expect(await fleet.launch({ ...request, vmSize: "standard_d4_v33" })).toMatchObject({
      machines: [],
      shortfall: { code: "UnsupportedVMSize", message: expect.stringContaining("standard_d4_v3") },
    });
    const image = { publisher: "openlogic", offer: "centos", sku: "7.5" };
    expect(await fleet.launch({ ...request, image })).toMatchObject({
      machines: [],
      shortfall: { code: "AllocationFailed", message: expect.stringContaining("ubuntu") },
    });
    expect(sent).toEqual([]);
  });

  it("takes a refusal of all for a shortfall only where EC2 has no more to give", async () => {
    let name = "InsufficientInstanceCapacity";
    const fail = () => () => Promise.reject(Object.assign(new Error("No."), { name }));
    client.middlewareStack.add(fail, { step: "initialize", priority: "high", name: "fail" });
    expect(await fleet.launch(request)).toMatchObject({ machines: [], shortfall: { code: "AllocationFailed" } });
    name = "UnauthorizedOperation";
    await expect(fleet.launch({ ...request, wave: "wave2" })).rejects.toThrow("No.");
    client.middlewareStack.remove("fail");
  });
});

describe("a shortfall", () => {
  it.each([
    [true, "VcpuLimitExceeded", "AccountCoreQuotaReached"],
    [true, "InstanceLimitExceeded", "AccountCoreQuotaReached"],
    [false, "MaxSpotInstanceCountExceeded", "AccountLowPriorityCoreQuotaReached"],
    [false, "VcpuLimitExceeded", "AccountLowPriorityCoreQuotaReached"],
    [true, "InsufficientInstanceCapacity", "AllocationFailed"],
    [false, "UnfulfillableCapacity", "AllocationFailed"],
    [true, "InsufficientFreeAddressesInSubnet", "AllocationFailed"],
    [true, "SomethingNew", "AllocationFailed"],
  ])("has Azure's code (dedicated %s, %s)", (dedicated, code, expected) => {
    const failures = [{ code, message: "Because." }];
    expect(shortfallOf(2, dedicated, failures)).toMatchObject({ code: expected, message: expect.stringMatching(/^2 .*Because\./) });
  });

  it("names a quota before a lack, and says so where EC2 said nothing", () => {
    const failures = ["InsufficientInstanceCapacity", "VcpuLimitExceeded"].map((code) => ({ code, message: "" }));
    expect(shortfallOf(1, true, failures).code).toBe("AccountCoreQuotaReached");
    expect(shortfallOf(1, true, [])).toMatchObject({ code: "AllocationFailed", message: expect.stringContaining("1 dedicated node ") });
  });
});
