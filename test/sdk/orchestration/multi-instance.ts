import { expect, it } from "vitest";
import { MACHINES } from "../../support/machines.ts";
import { until } from "../../support/server.ts";
import { type Doc, wire } from "../clients/index.ts";
import { codeOf, SLEEPS, type Stage, sh } from "../jobs-and-tasks/stage.ts";
import { aTime } from "../main-job/forms.ts";
import { many, sceneOf } from "../main-job/scene.ts";

const NODES = 3;

/** A pool whose three nodes may reach one another, all of them idle. */
export async function addGangPool({ client, forms }: Stage, poolId: string, more: Doc = {}): Promise<void> {
  const pool = { id: poolId, ...MACHINES, ...forms.targets(NODES), ...forms.slots(1), enableInterNodeCommunication: true, ...more };
  await client.call("pool", "add", pool);
  const nodes = async () => wire(await client.call("computeNode", "list", poolId)).value as Doc[];
  await until("idle nodes", nodes, (seen) => seen.length === NODES && seen.every(({ state }) => state === "idle"));
}

async function subtasksOf({ client, server }: Stage, jobId: string, taskId: string, options: Doc = {}): Promise<Doc[]> {
  const answer = await client.call("task", "listSubtasks", jobId, taskId, { taskListSubtasksOptions: options });
  const { value } = answer.value as { value?: unknown };
  return many(sceneOf(client, server), { ...answer, value: value ?? answer.value }, "SubtaskInformation", "subtaskinfo");
}

const gang = (id: string, numberOfInstances: number, coordinate: string, more: Doc = {}): Doc => ({
  id,
  commandLine: sh(
    "cat ../met; echo $AZ_BATCH_HOST_LIST $AZ_BATCH_NODE_LIST $AZ_BATCH_MASTER_NODE $AZ_BATCH_IS_CURRENT_NODE_MASTER $CCP_NODES",
  ),
  multiInstanceSettings: { numberOfInstances, coordinationCommandLine: sh(coordinate) },
  ...more,
});

/** Three nodes for one task: what each is told, and what is to be had of each. */
export function gangsRunTogether(stage: () => Stage, poolId: () => string): void {
  it("coordinates on all nodes, then begins on the primary; each instance has its state and its files", async () => {
    const { client, forms, server } = stage();
    const jobId = await stage().job("gang", { poolInfo: { poolId: poolId() } });
    const coordinate = "echo $AZ_BATCH_IS_CURRENT_NODE_MASTER; echo met > $AZ_BATCH_TASK_SHARED_DIR/met; sleep 600 & true";
    await stage().add(jobId, gang("t", NODES, coordinate));
    const task = await stage().ended(jobId, "t");
    expect(task.executionInfo).toMatchObject({ exitCode: 0 });
    const [met, told] = (await stage().stdout(jobId, "t")).split("\n");
    expect(met).toBe("met");
    const nodes = wire(await client.call("computeNode", "list", poolId())).value as { id: string; ipAddress: string }[];
    const [hosts, list, master, isMaster, ...ccp] = told?.split(" ") ?? [];
    const addresses = hosts?.split(",") ?? [];
    expect(addresses.toSorted()).toEqual(nodes.map(({ ipAddress }) => ipAddress).toSorted());
    expect([list, master, isMaster]).toEqual([addresses.join(";"), `${addresses[0]}:6000`, "true"]);
    expect(ccp).toEqual(["3", ...addresses.flatMap((address) => [address, "1"])]);
    const subtasks = await until(
      "the subtasks' end",
      () => subtasksOf(stage(), jobId, "t"),
      (seen) => seen.every(({ state }) => state === "completed"),
    );
    const root = `workitems/${jobId}/job-1/t`;
    expect(subtasks).toHaveLength(NODES - 1);
    for (const [index, subtask] of subtasks.entries()) {
      const { nodeId } = subtask.nodeInfo as { nodeId: string };
      expect(nodes.find(({ id }) => id === nodeId)?.ipAddress).toBe(addresses[index + 1]);
      const nodeUrl = `${server.url}/pools/${poolId()}/nodes/${nodeId}`;
      const where = { taskRootDirectory: root, taskRootDirectoryUrl: `${nodeUrl}/files/${root}` };
      expect(subtask).toEqual({
        id: index + 1,
        nodeInfo: { affinityId: `TVM:${nodeId}`, nodeUrl, poolId: poolId(), nodeId, ...where },
        startTime: aTime,
        endTime: aTime,
        exitCode: 0,
        state: "completed",
        stateTransitionTime: aTime,
        previousState: "running",
        previousStateTransitionTime: aTime,
        ...forms.success,
      });
      expect((await client.call("file", "getFromComputeNode", poolId(), nodeId, `${root}/stdout.txt`)).text).toBe("false\n");
    }
    expect((await client.call("file", "getFromTask", jobId, "t", "coordination-stdout.txt")).text).toBe("true\n");
    expect(await subtasksOf(stage(), jobId, "t", { select: "id,state" })).toEqual([
      { id: 1, state: "completed" },
      { id: 2, state: "completed" },
    ]);
    await stage().add(jobId, { id: "plain", commandLine: sh("true") });
    expect(await subtasksOf(stage(), jobId, "plain")).toEqual([]);
  });

  it("fails as a whole where one node cannot coordinate, is tried again, and counts as one task", async () => {
    const jobId = await stage().job("gang-fails", { poolInfo: { poolId: poolId() } });
    const coordinate = "test $AZ_BATCH_IS_CURRENT_NODE_MASTER = true || exit 3";
    await stage().add(jobId, gang("t", 2, coordinate, { constraints: { maxTaskRetryCount: 1 } }));
    const task = await stage().ended(jobId, "t");
    expect(task.executionInfo).toMatchObject({ exitCode: 3, retryCount: 1 });
    if (stage().client.year < 2020) return;
    const counts = async () => wire(await stage().client.call("job", "getTaskCounts", jobId));
    const seen = await until("the counts", counts, (doc) => ((doc.taskCounts ?? doc) as Doc).completed === 1);
    expect(seen.taskCounts ?? seen).toMatchObject({ active: 0, running: 0, completed: 1, failed: 1 });
  });

  it("ends everywhere when it is terminated", async () => {
    const jobId = await stage().job("gang-ends", { poolInfo: { poolId: poolId() } });
    await stage().add(jobId, { ...gang("t", NODES, "sleep 600 & true"), commandLine: SLEEPS });
    await stage().reaches(jobId, "t", "running");
    await stage().client.call("task", "terminate", jobId, "t");
    await stage().ended(jobId, "t");
    await until(
      "the subtasks' end",
      () => subtasksOf(stage(), jobId, "t"),
      (seen) => seen.length === NODES - 1 && seen.every(({ state }) => state === "completed"),
    );
  });

  it("runs two that need the same nodes one after the other, and single tasks beside them", async () => {
    const both = await Promise.all(["gang-a", "gang-b", "singles"].map((id) => stage().job(id, { poolInfo: { poolId: poolId() } })));
    const [a, b, singles] = both as [string, string, string];
    const short = sh("sleep 0.1");
    for (const jobId of [a, b]) await stage().add(jobId, ...["1", "2", "3"].map((id) => ({ ...gang(id, 2, "true"), commandLine: short })));
    await stage().add(singles, ...Array.from({ length: 20 }, (_, i) => ({ id: `s${i}`, commandLine: short })));
    for (const jobId of [a, b])
      for (const id of ["1", "2", "3"]) expect((await stage().ended(jobId, id)).executionInfo).toMatchObject({ exitCode: 0 });
    for (let i = 0; i < 20; i++) expect((await stage().ended(singles, `s${i}`)).executionInfo).toMatchObject({ exitCode: 0 });
  });
}

/** What cannot be, or waits. */
export function gangsAreRefused(stage: () => Stage, poolId: () => string): void {
  it("waits where the pool cannot run it, and says why; is refused where it asks for nothing that can be", async () => {
    const { client } = stage();
    const jobId = await stage().job("gang-waits", { poolInfo: { poolId: poolId() } });
    await stage().add(jobId, gang("large", NODES + 1, "true"));
    expect(await stage().why(jobId, "large")).toEqual(["TooFewNodes"]);
    const shared = await stage().job("gang-shared");
    await stage().add(shared, gang("t", 1, "true"));
    expect(
      await until(
        "why",
        () => stage().why(shared, "t"),
        (seen) => !seen.some((code) => /Pool|Nodes/.test(code) && code !== "SharedNodes"),
      ),
    ).toEqual(["NoInterNodeCommunication", "SharedNodes"]);
    expect(await codeOf(client.call("task", "add", jobId, gang("none", 0, "true")))).toBe("InvalidPropertyValue");
    const { status, text } = await stage().send("POST", `/jobs/${jobId}/tasks`, {
      body: { id: "mute", commandLine: "true", multiInstanceSettings: { numberOfInstances: 2 } },
    });
    expect([status, (JSON.parse(text) as Doc).code]).toEqual([400, "MissingRequiredProperty"]);
    const slots = await stage().send("POST", `/jobs/${jobId}/tasks`, { body: gang("wide", 2, "true", { requiredSlots: 2 }) });
    expect([slots.status, (JSON.parse(slots.text) as Doc).code]).toEqual([400, "InvalidPropertyValue"]);
    expect((wire(await client.call("task", "list", jobId)).value as Doc[]).map(({ id }) => id)).toEqual(["large"]);
    await client.call("job", "deleteMethod", jobId);
    await client.call("job", "deleteMethod", shared);
  });
}
