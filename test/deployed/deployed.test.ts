import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CLIENTS } from "../sdk/clients/index.ts";
import { Stage } from "../sdk/jobs-and-tasks/stage.ts";
import { jobsAndTasks } from "../sdk/jobs-and-tasks/whole.ts";
import { type Scene, sceneOf } from "../sdk/main-job/scene.ts";
import { mainJob } from "../sdk/main-job/whole.ts";
import { managersMakeTasks } from "../sdk/orchestration/job-manager.ts";
import { preparesAndReleases } from "../sdk/orchestration/preparation.ts";
import { type Deployment, deploy } from "../support/deployment.ts";
import { missingForEmulator } from "../support/needs.ts";
import { badDays } from "./bad-days.ts";

const missing = missingForEmulator();
let deployment: Deployment;
beforeAll(async () => {
  if (!missing) deployment = await deploy({ heartbeatSeconds: 5 });
});
afterAll(() => deployment?.close());

/** What the embedded server does for each official client, done by the deployed stack. */
describe.skipIf(missing).each(CLIENTS)("%s, deployed", (_name, connect) => {
  let scene: Scene;
  let stage: Stage;
  beforeAll(async () => {
    const client = connect(deployment);
    scene = sceneOf(client, deployment);
    stage = new Stage(client, deployment);
    // Its machine boots meanwhile.
    await stage.addPool();
  });
  afterAll(() => stage?.removePool());

  mainJob(() => scene);
  jobsAndTasks(() => stage);
  managersMakeTasks(() => stage);
  preparesAndReleases(() => stage);
});

describe.skipIf(missing)("on a bad day, the deployed stack", () => badDays(() => deployment));

it.skipIf(missing)("ends no message among the dead", () => {
  expect(deployment.log()).not.toMatch(/messages not handled/);
});
