import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestServer, type TestServer } from "../support/server.ts";
import { CLIENTS } from "./clients/index.ts";
import { jobsEndByThemselves, nodesFail } from "./main-job/endings.ts";
import { filesAreServed } from "./main-job/files.ts";
import { jobsCome, jobsGo } from "./main-job/jobs.ts";
import { poolsCome, poolsGo, poolsShrink } from "./main-job/pools.ts";
import { type Scene, sceneOf } from "./main-job/scene.ts";
import { tasksInBulk, tasksRun } from "./main-job/tasks.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

/** The main job of each official client, unmodified; the tests of one go on from each other. */
describe.each(CLIENTS)("%s", (_name, connect) => {
  let scene: Scene;
  beforeAll(() => {
    scene = sceneOf(connect(server), server);
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

it("did all of that without an error of the service's own", () => {
  expect(server.errors).toEqual([]);
});
