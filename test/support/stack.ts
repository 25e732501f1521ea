import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { App } from "aws-cdk-lib";
import { makeApp } from "../../cdk/app.ts";
import { FUNCTIONS } from "../../scripts/bundle-lambdas.mjs";

/** The app with stand-ins for what is bundled and packed: for tests of what is deployed, not of what runs there. */
export function stackApp(context: Readonly<Record<string, unknown>> = {}): { app: App; folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), "shoal-cdk-"));
  for (const name of FUNCTIONS) {
    mkdirSync(join(folder, "bundles", name), { recursive: true });
    writeFileSync(join(folder, "bundles", name, "index.mjs"), "export const handler = () => {};\n");
  }
  const agent = join(folder, "agent.tar.gz");
  writeFileSync(agent, "an agent\n");
  const agents = { "linux-x64": agent, "linux-arm64": agent, "windows-x64": agent };
  const userData = fileURLToPath(new URL("../../cdk/user-data", import.meta.url));
  const app = makeApp({ bundles: join(folder, "bundles"), agents, userData }, context, join(folder, "out"));
  return { app, folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
