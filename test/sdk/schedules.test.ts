import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestServer, type TestServer } from "../support/server.ts";
import { CLIENTS } from "./clients/index.ts";
import { Stage } from "./jobs-and-tasks/stage.ts";
import { poolsAreMade } from "./orchestration/auto-pools.ts";
import { schedulesRecur, schedulesRunOnce } from "./orchestration/schedules.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

/** Job schedules and auto pools by each official client. */
describe.each(CLIENTS)("%s", (_name, connect) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = new Stage(connect(server), server);
    await stage.addPool();
  });

  schedulesRunOnce(() => stage);
  schedulesRecur(() => stage);
  poolsAreMade(() => stage);
});

it("did all of that without an error of the service's own", () => {
  expect(server.errors).toEqual([]);
});
