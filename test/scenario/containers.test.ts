import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { batch2022 } from "../sdk/clients/batch-2022.ts";
import { type Client, type Doc, wire } from "../sdk/clients/index.ts";
import { Stage } from "../sdk/jobs-and-tasks/stage.ts";
import { MACHINES } from "../support/machines.ts";
import { missingForPodman, podmanWorld } from "../support/podman.ts";
import { startTestServer, type TestServer, until } from "../support/server.ts";

/** Stands for Docker: has no image until it is fetched, notes what it is told and whose password it finds, and runs commands as they are. */
const DOCKER = (folder: string) => `#!/bin/sh
case "$1" in
  image) test -e "${folder}/$(echo "$3" | tr /: __)"; exit ;;
  pull) echo "pull $2 $(cat "$DOCKER_CONFIG/config.json" 2>/dev/null)" >>"${folder}/log"; touch "${folder}/$(echo "$2" | tr /: __)"; exit ;;
  run) echo "run $*" >>"${folder}/log"; while [ "$1" != registry.example/app:1 ]; do shift; done; shift; exec "$@" ;;
esac
`;
const REGISTRY = { registryServer: "registry.example", userName: "me", password: "geheim" };
const AUTH = Buffer.from("me:geheim").toString("base64");
const IMAGE = "registry.example/app:1";

describe("a pool with containers", () => {
  const path = process.env.PATH;
  let folder: string;
  let server: TestServer;
  let client: Client;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "shoal-docker-"));
    mkdirSync(join(folder, "bin"));
    writeFileSync(join(folder, "bin/docker"), DOCKER(folder));
    chmodSync(join(folder, "bin/docker"), 0o755);
    process.env.PATH = `${join(folder, "bin")}:${path}`;
    server = await startTestServer();
    client = batch2022(server);
  });
  afterAll(async () => {
    process.env.PATH = path;
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const log = () => readFileSync(join(folder, "log"), "utf8").trim().split("\n");

  it("has its images fetched with the registry's password before its start task and its tasks run in them", async () => {
    const { vmSize, virtualMachineConfiguration } = MACHINES;
    const containerConfiguration = { type: "dockerCompatible", containerImageNames: [IMAGE], containerRegistries: [REGISTRY] };
    await client.call("pool", "add", {
      id: "contained",
      vmSize,
      virtualMachineConfiguration: { ...virtualMachineConfiguration, containerConfiguration },
      targetDedicatedNodes: 1,
      startTask: { commandLine: "/bin/sh -c 'echo started'", waitForSuccess: true, containerSettings: { imageName: IMAGE } },
    });
    const pool = wire(await client.call("pool", "get", "contained"));
    expect(JSON.stringify(pool)).not.toContain("geheim");
    await client.call("job", "add", { id: "job", poolInfo: { poolId: "contained" } });
    await client.call("task", "add", "job", { id: "t", commandLine: "/bin/echo ran", containerSettings: { imageName: IMAGE } });
    await until(
      "the task",
      async () => wire(await client.call("task", "get", "job", "t")),
      ({ state }) => state === "completed",
    );
    expect((await client.call("file", "getFromTask", "job", "t", "stdout.txt")).text).toBe("ran\n");
    const [pull = "", ...runs] = log();
    expect(pull).toBe(`pull ${IMAGE} {"auths":{"registry.example":{"auth":"${AUTH}"}}}`);
    expect(runs).toEqual([
      expect.stringMatching(/^run run --rm --name shoal-start-/),
      expect.stringMatching(/^run run --rm --name shoal-\S+-t-1 /),
    ]);
    expect(runs.join()).not.toContain(AUTH);
  });
});

const missing = missingForPodman();
describe.skipIf(missing)("optional: by podman", () => {
  let server: TestServer;
  let stage: Stage;
  let found: Awaited<ReturnType<typeof podmanWorld>>;
  let podman: NonNullable<typeof found>;
  beforeAll(async () => {
    found = await podmanWorld();
    if (!found) return;
    podman = found;
    server = await startTestServer();
    stage = new Stage(batch2022(server), server);
    await stage.addPool();
    await stage.job("job");
  });
  afterAll(async () => {
    await server?.close();
    await podman?.close();
  });
  beforeEach(({ skip }) => {
    if (!found) skip("podman runs no container on this machine");
  });
  const jobId = () => stage.named("job");
  const task = (id: string, commandLine: string, more: Doc = {}): Doc => ({
    id,
    commandLine,
    environmentSettings: [...podman.environment, { name: "OWN", value: "of the task" }],
    containerSettings: { imageName: podman.image, containerRunOptions: "--network host", ...more },
  });

  it("a task runs in its container, in its own directory, and leaves its files there", async () => {
    await stage.add(jobId(), task("runs", "/bin/sh -c 'pwd; echo $OWN; cat /image; echo left > left.txt'"));
    const { nodeInfo, executionInfo } = await stage.ended(jobId(), "runs");
    expect(executionInfo).toMatchObject({ exitCode: 0 });
    const { taskRootDirectory } = nodeInfo as { taskRootDirectory: string };
    expect(await stage.stdout(jobId(), "runs")).toMatch(new RegExp(`/${taskRootDirectory}/wd\nof the task\nthe image\n$`));
    expect((await stage.client.call("file", "getFromTask", jobId(), "runs", "wd/left.txt")).text).toBe("left\n");
  });

  it("its exit code is the task's, and an end by its wall clock leaves no container", async () => {
    const short = { constraints: { maxWallClockTime: "PT3S" } };
    await stage.add(jobId(), task("fails", "/bin/sh -c 'exit 7'"), { ...task("sleeps", "/bin/sleep 600"), ...short });
    expect((await stage.ended(jobId(), "fails")).executionInfo).toMatchObject({ exitCode: 7 });
    expect((await stage.ended(jobId(), "sleeps")).executionInfo).toMatchObject({ failureInfo: { code: "TaskEnded" } });
    await until("no container", podman.containers, (names) => names.length === 0);
  });

  it("an image comes from a registry that asks for a password, and not without it", async () => {
    const { registryServer, userName, password } = podman;
    const from = (id: string, given: string, image: string) =>
      task(id, "/bin/cat /image", { imageName: `${registryServer}/${image}`, registry: { registryServer, userName, password: given } });
    await stage.add(jobId(), from("wrong", "guessed", "private:1"), from("right", password, "private:2"));
    expect((await stage.ended(jobId(), "right")).executionInfo).toMatchObject({ exitCode: 0 });
    expect(await stage.stdout(jobId(), "right")).toBe("the image\n");
    expect((await stage.ended(jobId(), "wrong")).executionInfo).toMatchObject({ failureInfo: { code: "ContainerImageNotFetched" } });
  });
});
