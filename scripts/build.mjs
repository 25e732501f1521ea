/** Bundles every program of the house into dist/. Run it, or import `build` (as the tests do). */
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as esbuild from "esbuild";

const home = fileURLToPath(new URL("..", import.meta.url));
const programs = {
  agent: "node-agent/main.ts",
  launcher: "node-agent/launcher-main.ts",
  shoal: "local/main.ts",
  demo: "demo/main.ts",
  bench: "bench/main.ts",
  simulate: "test/simulation/main.ts",
};

/** Writes dist/<program>.js, with its source map, for each program that is there. Throws where one does not bundle. */
export async function build() {
  const entryPoints = Object.entries(programs)
    .filter(([, source]) => existsSync(`${home}${source}`))
    .map(([out, source]) => ({ in: `${home}${source}`, out }));
  const { outputFiles } = await esbuild.build({
    write: false,
    absWorkingDir: home,
    entryPoints,
    outdir: "dist",
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    packages: "external",
    sourcemap: true,
    logLevel: "warning",
  });
  mkdirSync(`${home}dist`, { recursive: true });
  for (const { path, contents } of outputFiles) {
    // Renamed into place: several tests may build and run at the same time.
    writeFileSync(`${path}.${process.pid}`, contents);
    renameSync(`${path}.${process.pid}`, path);
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) await build();
