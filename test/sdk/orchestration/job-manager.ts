import { expect, it } from "vitest";
import { until } from "../../support/server.ts";
import { wire } from "../clients/index.ts";
import { SLEEPS, type Stage, sh } from "../jobs-and-tasks/stage.ts";

/** Adds two tasks to its own job with its token, waits for them, and ends. */
const PROGRAM = `
const { AZ_BATCH_ACCOUNT_URL: account, AZ_BATCH_JOB_ID: job, AZ_BATCH_AUTHENTICATION_TOKEN: token } = process.env;
const headers = { authorization: "Bearer " + token, "content-type": "application/json; odata=minimalmetadata" };
const url = (path) => account + "/jobs/" + job + "/tasks" + path + "?api-version=2024-07-01.20.0";
const ids = ["part-1", "part-2"];
for (const id of ids) {
  const body = JSON.stringify({ id, commandLine: "/bin/echo " + id });
  const { status } = await fetch(url(""), { method: "POST", headers, body });
  console.log(id, status);
}
const over = async (id) => (await (await fetch(url("/" + id), { headers })).json()).state === "completed";
while (!(await Promise.all(ids.map(over))).every(Boolean)) await new Promise((resolve) => setTimeout(resolve, 200));
`.replaceAll("\n", " ");

/** A job whose manager makes its tasks. */
export function managersMakeTasks(stage: () => Stage): void {
  it("lets a job's manager add tasks to its job, and ends the job with it", async () => {
    const { client } = stage();
    const jobId = await stage().job("managed", {
      jobManagerTask: {
        id: "manager",
        commandLine: `${process.execPath} --input-type=module -e '${PROGRAM}'`,
        runExclusive: false,
        authenticationTokenSettings: { access: ["job"] },
      },
    });
    const job = await stage().jobReaches(jobId, "completed");
    expect(job.executionInfo).toMatchObject({ terminateReason: "JMComplete" });
    expect(job.jobManagerTask).toMatchObject({ id: "manager", killJobOnCompletion: true, runExclusive: false });
    expect((await stage().stdout(jobId, "manager")).trim().split("\n")).toEqual(["part-1 201", "part-2 201"]);
    for (const id of ["part-1", "part-2"]) expect((await stage().task(jobId, id)).executionInfo).toMatchObject({ exitCode: 0 });
    const listed = wire(await client.call("task", "list", jobId)).value as { id: string }[];
    expect(listed.map(({ id }) => id)).toEqual(["manager", "part-1", "part-2"]);
  });
}

/** Where a manager runs, and what becomes of its job. */
export function managersGoFirst(stage: () => Stage): void {
  it("gives a manager its node alone, and ends what waits behind it with its job", async () => {
    const { client } = stage();
    const jobId = await stage().job("alone", { jobManagerTask: { id: "manager", commandLine: SLEEPS } });
    await stage().add(jobId, { id: "behind", commandLine: sh("true") });
    await stage().reaches(jobId, "manager", "running");
    // The node that ran short tasks before may have taken it ahead, for a moment.
    await until(
      "behind waiting",
      () => stage().why(jobId, "behind"),
      (codes) => codes.join() === "NoFreeSlot",
    );
    expect(wire(await client.call("job", "get", jobId)).jobManagerTask).toMatchObject({ killJobOnCompletion: true, runExclusive: true });
    await client.call("task", "terminate", jobId, "manager");
    expect((await stage().jobReaches(jobId, "completed")).executionInfo).toMatchObject({ terminateReason: "JMComplete" });
    expect((await stage().task(jobId, "behind")).state).toBe("active");
  });

  it("tries a failed manager again before its job's other tasks, and keeps the job when told to", async () => {
    const jobId = await stage().job("again", {
      jobManagerTask: {
        id: "manager",
        commandLine: sh(
          "echo x >> $AZ_BATCH_NODE_SHARED_DIR/$AZ_BATCH_JOB_ID; test $(wc -l < $AZ_BATCH_NODE_SHARED_DIR/$AZ_BATCH_JOB_ID) = 3",
        ),
        killJobOnCompletion: false,
        constraints: { maxTaskRetryCount: 5 },
      },
    });
    expect((await stage().ended(jobId, "manager")).executionInfo).toMatchObject({ exitCode: 0, retryCount: 2 });
    await stage().add(jobId, { id: "after", commandLine: sh("true") });
    await stage().ended(jobId, "after");
    expect(wire(await stage().client.call("job", "get", jobId)).state).toBe("active");
  });

  it("refuses a manager that cannot be, and adds no job", async () => {
    const bad = [
      [{ id: "a b", commandLine: "x" }, "InvalidPropertyValue", "jobManagerTask.id"],
      [{ id: "m", commandLine: " " }, "MissingRequiredProperty", "jobManagerTask.commandLine"],
      [
        { id: "m", commandLine: "x", constraints: { maxTaskRetryCount: -2 } },
        "InvalidPropertyValue",
        "jobManagerTask.constraints.maxTaskRetryCount",
      ],
    ] as const;
    for (const [jobManagerTask, code, property] of bad) {
      const refused = stage().job("bad", { jobManagerTask });
      const error = (await refused.then(
        () => undefined,
        (thrown: unknown) => thrown,
      )) as { code?: string; body?: { code?: string; values?: { key: string; value: string }[] } };
      expect(error.body?.code ?? error.code).toBe(code);
      expect(error.body?.values).toContainEqual(expect.objectContaining({ key: "PropertyName", value: property }));
    }
    await expect(stage().client.call("job", "get", stage().named("bad"))).rejects.toThrow();
  });
}
