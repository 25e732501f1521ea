/** What the CDK's command line runs: bundles the functions, packs the agents, and makes the app of cdk/. Needs no AWS account. */
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { bundleLambdas } from "./bundle-lambdas.mjs";
import { packAgents } from "./pack-agents.mjs";

const home = fileURLToPath(new URL("..", import.meta.url));
const [agents] = await Promise.all([
  packAgents(),
  bundleLambdas(`${home}dist/lambdas`),
  esbuild.build({
    absWorkingDir: home,
    entryPoints: ["cdk/app.ts"],
    outfile: "dist/cdk/app.mjs",
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    packages: "external",
    logLevel: "warning",
  }),
]);
const { makeApp } = await import(`${home}dist/cdk/app.mjs`);
makeApp({ bundles: `${home}dist/lambdas`, agents, userData: `${home}cdk/user-data` }).synth();
