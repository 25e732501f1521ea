import { describe, expect, it } from "vitest";
import { nodeEnvironment, startTaskEnvironment, taskEnvironment } from "../../../node-agent/environment.ts";
import { configure, order } from "../../support/fake-control-plane.ts";

const places = { root: "/n", shared: "/n/shared", startup: "/n/startup", mounts: "/n/fsmounts" };
const own = { PATH: "/bin", LANG: "C.UTF-8", AWS_SECRET_ACCESS_KEY: "x", NODE_OPTIONS: "--inspect" };
const node = nodeEnvironment(configure(), places, "127.0.0.9", own, "linux");
const at = (directory: string) => ({ directory, working: `${directory}/wd`, stdout: "", stderr: "" });

describe("the environment", () => {
  it("of a task has every variable that applies, and little of the agent's", () => {
    expect(taskEnvironment(node, order("t1", "x"), at("/n/workitems/job/job-1/t1"))).toEqual({
      PATH: "/bin",
      LANG: "C.UTF-8",
      HOME: "/n/workitems/job/job-1/t1/wd",
      AZ_BATCH_ACCOUNT_NAME: "shoal",
      AZ_BATCH_ACCOUNT_URL: "http://127.0.0.1:8470",
      AZ_BATCH_POOL_ID: "pool",
      AZ_BATCH_NODE_ID: "tvm-1",
      AZ_BATCH_NODE_IS_DEDICATED: "true",
      AZ_BATCH_NODE_ROOT_DIR: "/n",
      AZ_BATCH_NODE_SHARED_DIR: "/n/shared",
      AZ_BATCH_NODE_STARTUP_DIR: "/n/startup",
      AZ_BATCH_NODE_MOUNTS_DIR: "/n/fsmounts",
      AZ_BATCH_HOST_LIST: "127.0.0.9",
      AZ_BATCH_NODE_LIST: "127.0.0.9",
      AZ_BATCH_MASTER_NODE: "127.0.0.9:6000",
      AZ_BATCH_IS_CURRENT_NODE_MASTER: "true",
      CCP_NODES: "1 127.0.0.9 1",
      AZ_BATCH_JOB_ID: "job",
      AZ_BATCH_TASK_ID: "t1",
      AZ_BATCH_TASK_DIR: "/n/workitems/job/job-1/t1",
      AZ_BATCH_TASK_WORKING_DIR: "/n/workitems/job/job-1/t1/wd",
    });
  });

  it("of the start task knows no job", () => {
    const env = startTaskEnvironment(node, [{ name: "A", value: "1" }], at("/n/startup"));
    expect(env).toMatchObject({ A: "1", AZ_BATCH_TASK_DIR: "/n/startup", AZ_BATCH_TASK_WORKING_DIR: "/n/startup/wd" });
    expect(Object.keys(env)).not.toEqual(expect.arrayContaining(["AZ_BATCH_JOB_ID"]));
    expect(Object.keys(env)).not.toEqual(expect.arrayContaining(["AZ_BATCH_TASK_ID"]));
  });

  it("takes the user's word last, the later setting over the earlier", () => {
    const environment = [{ name: "PATH", value: "/opt" }, { name: "X", value: "job" }, { name: "X", value: "task" }, { name: "EMPTY" }];
    expect(taskEnvironment(node, order("t1", "x", { environment }), at("/d"))).toMatchObject({ PATH: "/opt", X: "task", EMPTY: "" });
  });

  it("has a PATH where the agent has none", () => {
    expect(nodeEnvironment(configure(), places, "127.0.0.9", {}, "linux").PATH).toContain("/usr/bin");
  });
});
