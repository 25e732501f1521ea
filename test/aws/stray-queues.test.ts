import { randomUUID } from "node:crypto";
import { SQSClient } from "@aws-sdk/client-sqs";
import { describe, expect, it } from "vitest";
import { livingMachines } from "../../adapters/aws/ec2/living-machines.ts";
import { SqsNodeQueues } from "../../adapters/aws/sqs/node-queues.ts";
import { removeStrayQueues } from "../../lambdas/stray-queues.ts";
import { ec2Machines } from "../support/ec2-machines.ts";
import { emulator } from "../support/emulator.ts";

const { missing, config, url } = emulator();

describe.skipIf(missing)("queues of nodes", () => {
  it("go when their machines are gone, and stay while these run or rest", async () => {
    const { fleet, client: ec2, service } = await ec2Machines(4);
    const client = new SQSClient(config);
    const made = { client, baseUrl: `${url}/000000000000/`, keep: async () => "", log: () => {} };
    const [queues, others] = [service, `t${randomUUID().slice(0, 8)}`].map((prefix) => new SqsNodeQueues({ ...made, prefix })) as [
      SqsNodeQueues,
      SqsNodeQueues,
    ];
    const pool = { poolId: "pool" };
    const { machines } = await fleet.launch({ pool, wave: "w", dedicated: 3, lowPriority: 0, vmSize: "small" });
    const [runs = "", rests = "", ends = ""] = machines.map(({ machineId }) => machineId);
    for (const id of [runs, rests, ends, "i-0123456789abcdef0"]) await queues.create(id);
    await others.create("i-0123456789abcdef1");
    await fleet.stop(pool, [rests]);
    await fleet.terminate(pool, [ends]);
    const logged: string[] = [];
    const look = () =>
      removeStrayQueues(
        queues,
        (ids) => livingMachines(ec2, service, ids),
        (_level, event) => void logged.push(event),
      );
    await look();
    const left: string[] = [];
    for await (const page of queues.machines()) left.push(...page);
    expect(left.sort()).toEqual([runs, rests].sort());
    expect(logged).toEqual(["stray queue removed", "stray queue removed"]);
    for await (const page of others.machines()) expect(page).toEqual(["i-0123456789abcdef1"]);
    await look();
    expect(logged).toHaveLength(2);
    ec2.destroy();
    client.destroy();
  });
});
