import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { fetchImage } from "../../../node-agent/fetch-image.ts";
import type { Command } from "../../../node-agent/launcher-protocol.ts";

/** An engine that has the image or not, and lets one fetch it or not; what it was told. */
function engine(has: boolean, lets: boolean) {
  const told: Command[] = [];
  const logins: string[] = [];
  const modes: number[] = [];
  const start = (command: Command) => {
    told.push(command);
    const folder = command.env.DOCKER_CONFIG;
    if (folder !== undefined) {
      const path = join(folder, "config.json");
      logins.push(readFileSync(path, "utf8"));
      modes.push(...[folder, path].map((one) => statSync(one).mode & 0o777));
    }
    const exitCode = (command.argv[1] === "image" ? has : lets) ? 0 : 1;
    return { ended: Promise.resolve({ kind: "exited", exitCode } as const), kill: () => {} };
  };
  return { told, logins, modes, processes: { start } };
}
const command = { file: "/usr/bin/docker", cwd: "/", env: { PATH: "/bin" }, stderr: "/e" };
const image = { engine: "docker", image: "i:1", registry: { username: "me", password: "geheim" } };

it("fetches an image with a password that is in a file, for as long as it takes, and nowhere else", async () => {
  const { told, logins, modes, processes } = engine(false, true);
  expect(await fetchImage(processes, image, command)).toBe(true);
  expect(told.map(({ argv }) => argv)).toEqual([
    ["docker", "image", "inspect", "i:1"],
    ["docker", "pull", "i:1"],
  ]);
  const auth = Buffer.from("me:geheim").toString("base64");
  expect(logins.map((text) => JSON.parse(text))).toEqual([{ auths: { "docker.io": { auth }, "https://index.docker.io/v1/": { auth } } }]);
  expect(JSON.stringify(told)).not.toContain("geheim");
  // Readable to the group: where tasks are another user's processes, they share the agent's.
  if (process.platform !== "win32") expect(modes).toEqual([0o750, 0o640]);
  const { DOCKER_CONFIG = "", REGISTRY_AUTH_FILE = "" } = told[1]?.env ?? {};
  expect([existsSync(DOCKER_CONFIG), existsSync(REGISTRY_AUTH_FILE)]).toEqual([false, false]);
});

it("fetches nothing that the node has", async () => {
  const { told, logins, processes } = engine(true, false);
  expect(await fetchImage(processes, image, command)).toBe(true);
  expect([told.length, logins.length]).toEqual([1, 0]);
});

it("says that it could not, and leaves no password behind", async () => {
  const { told, processes } = engine(false, false);
  expect(await fetchImage(processes, image, command)).toBe(false);
  expect(existsSync(told[1]?.env.DOCKER_CONFIG ?? "")).toBe(false);
  expect(told[1]?.stderr).toBe("/e");
});
