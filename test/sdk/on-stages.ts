import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestServer, type TestServer } from "../support/server.ts";
import { CLIENTS } from "./clients/index.ts";
import { Stage } from "./jobs-and-tasks/stage.ts";

/** Tells a story by each official client, at one embedded server, with a pool of one node for each of them. Nothing of it may be an error of the service's own. */
export function onStages(tell: (stage: () => Stage) => void): void {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.close());

  describe.each(CLIENTS)("%s", (_name, connect) => {
    let stage: Stage;
    beforeAll(async () => {
      stage = new Stage(connect(server), server);
      await stage.addPool();
    });
    afterAll(() => stage.removePool());

    tell(() => stage);
  });

  it("did all of that without an error of the service's own", () => {
    expect(server.errors).toEqual([]);
  });
}
