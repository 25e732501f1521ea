import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestServer, type TestServer } from "../support/server.ts";
import { CLIENTS } from "./clients/index.ts";
import { Stage } from "./jobs-and-tasks/stage.ts";
import { addGangPool, gangsAreRefused, gangsRunTogether } from "./orchestration/multi-instance.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

/** Multi-instance tasks by each official client. */
describe.each(CLIENTS)("%s", (_name, connect) => {
  let stage: Stage;
  const poolId = () => stage.named("gangs");
  beforeAll(async () => {
    stage = new Stage(connect(server), server);
    await stage.addPool();
    await addGangPool(stage, poolId());
  });
  afterAll(async () => {
    await stage.removePool();
    await stage.client.call("pool", "deleteMethod", poolId());
  });

  gangsRunTogether(() => stage, poolId);
  gangsAreRefused(() => stage, poolId);
});

it("did all of that without an error of the service's own", () => {
  expect(server.errors).toEqual([]);
});
