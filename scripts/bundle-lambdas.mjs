/** Bundles each function of lambdas/ into a folder of its own. Run it to write dist/lambdas/, or import `bundleLambdas` (as the stack and the tests do). */
import { fileURLToPath, pathToFileURL } from "node:url";
import * as esbuild from "esbuild";

const home = fileURLToPath(new URL("..", import.meta.url));
export const FUNCTIONS = ["api", "registration", "node-events", "pool-scheduler", "work", "instance-events", "sweeper"];
/** Some of the libraries are CommonJS and ask for Node.js's own modules by `require`. */
const REQUIRE = 'import{createRequire}from"node:module";const require=createRequire(import.meta.url);';

/** Writes `<folder>/<function>/index.mjs` and what it loads later; answers esbuild's account of each bundle. What is imported at first use is in files of its own. */
export async function bundleLambdas(folder = `${home}dist/lambdas`) {
  const metafiles = {};
  for (const name of FUNCTIONS) {
    const { metafile } = await esbuild.build({
      absWorkingDir: home,
      entryPoints: { index: `lambdas/${name}.ts` },
      outdir: `${folder}/${name}`,
      outExtension: { ".js": ".mjs" },
      bundle: true,
      splitting: true,
      minify: true,
      keepNames: false,
      platform: "node",
      format: "esm",
      target: "node20",
      mainFields: ["module", "main"],
      banner: { js: REQUIRE },
      metafile: true,
      logLevel: "warning",
    });
    metafiles[name] = metafile;
  }
  return metafiles;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) await bundleLambdas();
