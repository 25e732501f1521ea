import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestServer, type TestServer } from "../support/server.ts";
import { CLIENTS } from "./clients/index.ts";
import { type Scene, sceneOf } from "./main-job/scene.ts";
import { mainJob } from "./main-job/whole.ts";

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

  mainJob(() => scene);
});

it("did all of that without an error of the service's own", () => {
  expect(server.errors).toEqual([]);
});
