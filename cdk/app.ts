import { App, Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks } from "cdk-nag";
import type { Platform } from "./constructs/node-launch.ts";
import { readSettings } from "./settings.ts";
import { ShoalStack } from "./stacks/shoal-stack.ts";

export interface Assets {
  /** Folder of the functions' bundles, one folder each. */
  readonly bundles: string;
  readonly agents: Readonly<Record<Platform, string>>;
  readonly userData: string;
}

/** The whole app, as `cdk` asks for it; `context` beside what the CDK's own command line gives. */
export function makeApp(assets: Assets, context: Readonly<Record<string, unknown>> = {}, outdir?: string): App {
  const app = new App({ context: { ...context }, ...(outdir ? { outdir } : {}) });
  const settings = readSettings(app.node);
  const bucketUrl = app.node.tryGetContext("emulatorUrl") as string | undefined;
  const { CDK_DEFAULT_ACCOUNT: account, CDK_DEFAULT_REGION: region } = process.env;
  const env = settings.vpc === "default" && account && region ? { env: { account, region } } : {};
  new ShoalStack(app, "Shoal", { settings, ...assets, ...env, stackName: settings.service, ...(bucketUrl ? { bucketUrl } : {}) });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app, { verbose: true }));
  return app;
}
