import { defineConfig } from "vitest/config";

/** `unit`: seconds, in the process. `simulation`: whole clusters by seed. `aws`: the adapters of AWS against emulators. `system`: real servers, agents and clients. */
export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["test/unit/**/*.test.ts", "test/contract/**/*.test.ts"], testTimeout: 20_000 } },
      { test: { name: "simulation", include: ["test/simulation/**/*.test.ts"] } },
      { test: { name: "cdk", include: ["test/cdk/**/*.test.ts"], testTimeout: 60_000, hookTimeout: 120_000, maxWorkers: 1 } },
      {
        test: {
          name: "aws",
          include: ["test/aws/**/*.test.ts"],
          globalSetup: ["test/support/aws-services.ts"],
          env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
          testTimeout: 60_000,
          hookTimeout: 30_000,
          maxWorkers: 1,
        },
      },
      {
        test: {
          name: "deployed",
          include: ["test/deployed/**/*.test.ts"],
          env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
          testTimeout: 120_000,
          hookTimeout: 300_000,
          maxWorkers: 1,
        },
      },
      {
        test: {
          name: "system",
          include: ["test/agent/**/*.test.ts", "test/scenario/**/*.test.ts", "test/sdk/**/*.test.ts"],
          globalSetup: ["test/support/build-once.ts"],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          maxWorkers: 1,
        },
      },
    ],
  },
});
