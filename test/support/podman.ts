import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

const BUSYBOX = "/bin/busybox";
const PROGRAMS = ["sh", "cat", "echo", "sleep", "true"];
const IMAGE = "localhost/shoal-test:1";
const OCI = "application/vnd.oci.image";

/** What is missing to run containers here, as a sentence that says how to get it; undefined where all is there. */
export function missingForPodman(): string | undefined {
  const found = spawnSync("podman", ["--version"]).status === 0 && existsSync(BUSYBOX);
  return found ? undefined : "Containers need podman and busybox-static.";
}

/**
 * An image made here, of busybox alone, and a registry that gives it under any name to who knows the password. `environment` is what podman needs to run on
 * this machine, as settings of a task. undefined where podman is there and runs no container.
 */
export async function podmanWorld() {
  const folder = mkdtempSync(join(tmpdir(), "shoal-podman-"));
  const layer = makeLayer(folder);
  const [userName, password] = ["me", "geheim"];
  const registry = await startRegistry(layer, `${userName}:${password}`);
  const registryServer = `127.0.0.1:${registry.port}`;
  const registries = join(folder, "registries.conf");
  writeFileSync(registries, `[[registry]]\nlocation = "${registryServer}"\ninsecure = true\n`);
  const podman = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    spawnSync("podman", args, { encoding: "utf8", env: { ...process.env, ...env } });
  podman(["import", join(folder, "layer.tar"), IMAGE]);
  // Inside another container, without rights over limits, podman takes others and another runtime.
  const containers = join(folder, "containers.conf");
  writeFileSync(containers, '[engine]\nruntime = "runc"\n[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n');
  const settings = [{}, { CONTAINERS_CONF: containers }] as readonly Readonly<Record<string, string>>[];
  const works = settings.find((env) => podman(["run", "--rm", "--network", "host", IMAGE, "/bin/true"], env).status === 0);
  if (!works) {
    registry.close();
    rmSync(folder, { recursive: true, force: true });
    return undefined;
  }
  // Podman alone, as a client of Docker goes before it.
  const bin = join(folder, "bin");
  mkdirSync(bin);
  symlinkSync(spawnSync("sh", ["-c", "command -v podman"], { encoding: "utf8" }).stdout.trim(), join(bin, "podman"));
  const variables = { ...works, CONTAINERS_REGISTRIES_CONF: registries, PATH: bin };
  const environment = Object.entries(variables).map(([name, value]) => ({ name, value }));
  return {
    image: IMAGE,
    environment,
    registryServer,
    userName,
    password,
    containers: async () => podman(["ps", "--quiet", "--filter", "name=^shoal-"], works).stdout.split("\n").filter(Boolean),
    close: async () => {
      registry.close();
      podman(["rmi", "--force", IMAGE, `${registryServer}/private:2`], works);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function makeLayer(folder: string): Buffer {
  const root = join(folder, "root");
  mkdirSync(join(root, "bin"), { recursive: true });
  copyFileSync(BUSYBOX, join(root, "bin/busybox"));
  for (const name of PROGRAMS) symlinkSync("busybox", join(root, "bin", name));
  writeFileSync(join(root, "image"), "the image\n");
  const tar = join(folder, "layer.tar");
  if (spawnSync("tar", ["-C", root, "-cf", tar, "."]).status !== 0) throw new Error("the image was not packed");
  return readFileSync(tar);
}

/** Speaks as much of the registries' protocol as it takes to fetch one image. */
async function startRegistry(layer: Buffer, login: string) {
  const digestOf = (bytes: Buffer) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  const architecture = process.arch === "x64" ? "amd64" : process.arch;
  const config = Buffer.from(
    JSON.stringify({ architecture, os: "linux", config: {}, rootfs: { type: "layers", diff_ids: [digestOf(layer)] } }),
  );
  const part = (kind: string, bytes: Buffer) => ({ mediaType: `${OCI}.${kind}`, digest: digestOf(bytes), size: bytes.length });
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: `${OCI}.manifest.v1+json`,
      config: part("config.v1+json", config),
      layers: [part("layer.v1.tar", layer)],
    }),
  );
  const blobs = new Map([layer, config].map((bytes) => [digestOf(bytes), bytes]));
  const expected = `Basic ${Buffer.from(login).toString("base64")}`;
  const server = createServer((request, answer) => {
    if (request.headers.authorization !== expected) {
      answer.writeHead(401, { "www-authenticate": 'Basic realm="test"' }).end();
      return;
    }
    const [, kind, name = ""] = /\/(manifests|blobs)\/([^/]+)$/.exec(request.url ?? "") ?? [];
    const found = kind === "manifests" ? manifest : blobs.get(name);
    if (request.url === "/v2/") answer.writeHead(200).end();
    else if (!found) answer.writeHead(404).end();
    else {
      const type = kind === "manifests" ? `${OCI}.manifest.v1+json` : "application/octet-stream";
      answer.writeHead(200, { "content-type": type, "content-length": found.length, "docker-content-digest": digestOf(found) });
      answer.end(request.method === "HEAD" ? undefined : found);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return { port: typeof address === "object" && address ? address.port : 0, close: () => server.close() };
}
