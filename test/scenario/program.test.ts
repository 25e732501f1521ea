import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DEVELOPMENT_KEY } from "../../local/options.ts";
import { clientOf, type Ended, runProgram, type ServerProgram, startProgram } from "../support/server-program.ts";
import { addJob, readyPool, signedContainer, textOf, untilComplete } from "../support/work.ts";
import { signed } from "../unit/api/signing.ts";

const OWN_KEY = Buffer.alloc(48, 5).toString("base64");
const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

/** Something for people: no stack, no name of an internal file. */
function expectForPeople({ stderr }: Ended): void {
  expect(stderr).not.toMatch(/^\s+at |node_modules|\.js:\d+|Error:/m);
  expect(stderr.trim().length).toBeGreaterThan(0);
}

describe("the program", () => {
  let folder: string;
  let servers: ServerProgram[];
  const start = async (...args: Parameters<typeof startProgram>) => {
    const server = await startProgram(...args);
    servers.push(server);
    return server;
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "shoal-program-"));
    servers = [];
  });
  afterEach(async () => {
    for (const server of servers) await server.end("SIGTERM");
    rmSync(folder, { recursive: true, force: true });
  });

  it("tells how it is used", async () => {
    const { code, stdout, stderr } = await runProgram(["--help"]);
    expect([code, stderr]).toEqual([0, ""]);
    for (const option of ["--port", "--host", "--data", "--ephemeral", "--account", "--key", "--help"])
      expect(stdout).toContain(`  ${option} `);
    expect(stdout).toContain(DEVELOPMENT_KEY);
  });

  it("names all that is wrong with its options, and starts nothing", async () => {
    const ended = await runProgram(["--port", "99999", "--host", "0.0.0.0", "--data", join(folder, "data")]);
    expect(ended.code).toBe(64);
    expect(ended.stderr).toMatch(/--port must be .*\n.*development key is published.*\n\n.*--help/);
    expectForPeople(ended);
    expect(existsSync(join(folder, "data"))).toBe(false);
  });

  it("says that its port is taken, and leaves no temporary folder", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as { port: number };
    const ended = await runProgram(["--ephemeral", "--port", String(port)], { env: { TMPDIR: folder } });
    other.close();
    expect(ended.code).toBe(1);
    expect(ended.stderr).toBe(`Port ${port} on 127.0.0.1 is taken. Stop what listens there, or choose another with --port (0: any).\n`);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("says that a host is none of this machine's", async () => {
    const ended = await runProgram(["--ephemeral", "--port", "0", "--host", "192.0.2.1", "--key", OWN_KEY], { env: { TMPDIR: folder } });
    expect([ended.code, ended.stderr]).toEqual([1, "192.0.2.1 is no address of this machine. Choose another with --host.\n"]);
  });

  it("will not share a data folder, and does the first server no harm", async () => {
    const data = join(folder, "data");
    const first = await start(["--data", data, "--port", "0"]);
    await readyPool(first.client, "p", 1, 1);
    const ended = await runProgram(["--data", data, "--port", "0"]);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain(`in use by the process ${first.pid}. Stop that one first, or use another folder.`);
    expectForPeople(ended);
    await addJob(first.client, "j", "p", 5, "/bin/true");
    await untilComplete(first.client, "j", 5);
  });

  it("leaves a damaged data folder as it is, and serves it again when it is whole", async () => {
    const data = join(folder, "data");
    const first = await start(["--data", data, "--port", "0"]);
    await first.client.job.list();
    await readyPool(first.client, "p", 1, 1);
    await first.end("SIGTERM");
    const file = join(data, "store", "data.mdb");
    const whole = readFileSync(file);
    const damage = Buffer.concat([Buffer.alloc(64, 0xee), whole.subarray(64)]);
    for (const content of [whole.subarray(0, 5_000), damage, Buffer.alloc(0), Buffer.from("not a store")]) {
      writeFileSync(file, content);
      const ended = await runProgram(["--data", data, "--port", "0"]);
      expect([ended.code, ended.stderr]).toEqual([1, expect.stringMatching(/is damaged: .*Nothing in it was changed\. Put back a copy/)]);
      expectForPeople(ended);
      expect(readFileSync(file).equals(content)).toBe(true);
    }
    writeFileSync(file, whole);
    const again = await start(["--data", data, "--port", "0"]);
    expect((await again.client.pool.get("p")).id).toBe("p");
  });

  it("says what is in the way of its data folder", async () => {
    const file = join(folder, "file");
    writeFileSync(file, "");
    for (const data of [file, join(file, "below")]) {
      const ended = await runProgram(["--data", data, "--port", "0"]);
      expect([ended.code, ended.stderr]).toEqual([1, expect.stringContaining("is not a folder. Choose a folder with --data.")]);
      expectForPeople(ended);
    }
  });

  it.skipIf(process.platform === "win32" || (isRoot && process.platform !== "linux"))(
    "says that a data folder may not be read or written",
    async () => {
      const locked = join(folder, "locked");
      const sealed = join(folder, "sealed");
      mkdirSync(join(sealed, "store"), { recursive: true });
      mkdirSync(locked);
      chmodSync(folder, 0o755);
      chmodSync(join(sealed, "store"), 0o500);
      chmodSync(locked, 0o500);
      // The superuser may do anything, so here another user tries.
      const under = isRoot ? ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"] : [];
      for (const data of [locked, sealed]) {
        const ended = await runProgram(["--data", data, "--port", "0"], { under });
        expect([ended.code, ended.stderr]).toEqual([1, expect.stringContaining("may not be read or written by you")]);
        expectForPeople(ended);
      }
    },
  );

  it("listens on every address with a key of one's own, and its URLs work for whoever reaches it there", async () => {
    const server = await start(["--ephemeral", "--port", "0", "--host", "0.0.0.0", "--key", OWN_KEY], { key: OWN_KEY });
    expect(server.stdout()).not.toContain(OWN_KEY);
    expect(server.stdout()).toContain("0.0.0.0");
    const outside = Object.values(networkInterfaces())
      .flat()
      .find((address) => address?.family === "IPv4" && !address.internal)?.address;
    for (const host of ["127.0.0.1", "127.0.0.9", ...(outside ? [outside] : [])]) {
      const url = `http://${host}:${new URL(server.url).port}`;
      const client = clientOf(url, OWN_KEY);
      const container = await signedContainer(client, url, "input", "rwl");
      expect(container.startsWith(`${url}/storage/input?`)).toBe(true);
      const file = container.replace("/input?", "/input/file.txt?");
      const put = await fetch(file, { method: "PUT", body: `from ${host}`, headers: { "x-ms-blob-type": "BlockBlob" } });
      expect(put.status).toBe(201);
      expect(await (await fetch(file)).text()).toBe(`from ${host}`);
    }
    await expect(clientOf(server.url).job.list()).rejects.toMatchObject({ statusCode: 403 });
    // Nodes run here, and reach the account's storage by its name alone.
    await readyPool(server.client, "p", 1, 1);
    await server.client.job.add({ id: "j", poolInfo: { poolId: "p" } });
    await server.client.task.add("j", {
      id: "t0000",
      commandLine: "/bin/sh -c 'cat file.txt; echo; echo $AZ_BATCH_ACCOUNT_URL'",
      resourceFiles: [{ autoStorageContainerName: "input" }],
    });
    await untilComplete(server.client, "j", 1);
    expect(await textOf(server.client, "j", "t0000", "stdout.txt")).toMatch(/^from .*\nhttp:\/\/127\.0\.0\.1:\d+\/?\n$/);
  });

  it.skipIf(
    !Object.values(networkInterfaces())
      .flat()
      .some((address) => address?.address === "::1"),
  )("serves IPv6's loopback", async () => {
    const server = await start(["--ephemeral", "--port", "0", "--host", "::1"]);
    expect(server.url).toMatch(/^http:\/\/\[::1\]:\d+$/);
    // The official client's parser knows no such host: this speaks for itself.
    const target = "/pools?api-version=2024-07-01.20.0";
    const headers = signed({
      method: "GET",
      target,
      headers: { "ocp-date": new Date().toUTCString() },
      account: "shoal",
      key: DEVELOPMENT_KEY,
    });
    const response = await fetch(server.url + target, { headers });
    expect([response.status, await response.json()]).toEqual([200, { "odata.metadata": `${server.url}/$metadata#pools`, value: [] }]);
  });

  it("goes on when nobody reads what it says", async () => {
    const server = await start(["--ephemeral", "--port", "0"]);
    server.hangUp();
    await server.client.job.list();
    expect(await server.end("SIGINT")).toBe(0);
  });
});
