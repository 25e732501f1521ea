import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CLIENTS } from "../sdk/clients/index.ts";
import { jobsEndByThemselves, nodesFail } from "../sdk/main-job/endings.ts";
import { filesAreServed } from "../sdk/main-job/files.ts";
import { jobsCome, jobsGo } from "../sdk/main-job/jobs.ts";
import { poolsCome, poolsGo, poolsShrink } from "../sdk/main-job/pools.ts";
import { type Scene, sceneOf } from "../sdk/main-job/scene.ts";
import { tasksInBulk, tasksRun } from "../sdk/main-job/tasks.ts";
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
  beforeAll(() => {
    scene = sceneOf(connect(deployment), deployment);
  });

  poolsCome(() => scene);
  jobsCome(() => scene);
  tasksRun(() => scene);
  tasksInBulk(() => scene);
  filesAreServed(() => scene);
  jobsGo(() => scene);
  jobsEndByThemselves(() => scene);
  nodesFail(() => scene);
  poolsShrink(() => scene);
  poolsGo(() => scene);
});

describe.skipIf(missing)("on a bad day, the deployed stack", () => badDays(() => deployment));

it.skipIf(missing)("ends no message among the dead", () => {
  expect(deployment.log()).not.toMatch(/messages not handled/);
});
