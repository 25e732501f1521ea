import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ContainerRegistry } from "../core/domain/specs.ts";

const DOCKER_HUB = "docker.io";
/** What Docker calls its own registry where it keeps passwords. */
const DOCKER_HUB_KEY = "https://index.docker.io/v1/";

/** Credentials of a registry as an engine finds them. */
export interface RegistryLogin {
  /** Tells the engine where they are. */
  readonly env: Readonly<Record<string, string>>;
  remove(): void;
}

/**
 * Writes the credentials into a folder of their own, in the form of Docker's configuration, which Podman reads too: they stand in no argument, in no
 * environment, and not below the node's root. Who commands run as may read them until they are removed, by the agent's group.
 */
export function writeLogin({ registryServer, username = "", password = "" }: ContainerRegistry): RegistryLogin {
  const folder = mkdtempSync(join(tmpdir(), "shoal-registry-"));
  chmodSync(folder, 0o750);
  const path = join(folder, "config.json");
  const entry = { auth: Buffer.from(`${username}:${password}`).toString("base64") };
  const server = serverOf(registryServer);
  const auths = { [server]: entry, ...(server === DOCKER_HUB && { [DOCKER_HUB_KEY]: entry }) };
  writeFileSync(path, JSON.stringify({ auths }), { mode: 0o640 });
  return { env: { DOCKER_CONFIG: folder, REGISTRY_AUTH_FILE: path }, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** The registry among these that has the image, by the server in its name. */
export function registryOf(image: string, registries: readonly ContainerRegistry[]): ContainerRegistry | undefined {
  const [first = "", ...rest] = image.split("/");
  // As engines tell a server from a part of the image's path.
  const server = rest.length > 0 && /[.:]|^localhost$/.test(first) ? first : DOCKER_HUB;
  return registries.find(({ registryServer }) => serverOf(registryServer) === server);
}

function serverOf(registryServer = DOCKER_HUB): string {
  return registryServer.replace(/^https?:\/\//, "").replace(/\/.*$/, "");
}
