/**
 * `npm test`: every test, and one closing line added up from the runner's own results. The projects run one after the other, so that what
 * the system tests time is not disturbed by the others. What a machine lacks is skipped, and said; with SHOAL_NO_SKIP=1 (as CI does) a
 * skipped test is a failure, unless its name begins with `optional:`, because it needs what cannot be installed from here. Arguments go to
 * vitest: `npm test -- test/unit/api`, `npm test -- --project unit`.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { resolveConfig } from "vitest/node";

const home = fileURLToPath(new URL("..", import.meta.url));
const vitest = join(home, "node_modules/vitest/vitest.mjs");
const args = process.argv.slice(2);
const strict = process.env.SHOAL_NO_SKIP === "1";
const NOT_RUN = new Set(["skipped", "pending", "todo"]);

/** The runs to make: one a project, or what the user asked for. */
async function runs() {
  if (args.some((arg) => arg.startsWith("--project"))) return [args];
  const { vitestConfig } = await resolveConfig({ root: home });
  return vitestConfig.projects.map(({ test }) => ["--project", test.name, ...args]);
}

/** Runs vitest once. A run that breaks, or that fails without a failed test, counts as one failure. */
function run(more, folder) {
  const report = join(folder, "report.json");
  rmSync(report, { force: true });
  const fixed = ["run", "--passWithNoTests", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const { status } = spawnSync(process.execPath, [vitest, ...fixed, ...more], { cwd: home, stdio: "inherit" });
  let files;
  try {
    files = JSON.parse(readFileSync(report, "utf8")).testResults;
  } catch (error) {
    console.error(`The test runner left no result: ${error instanceof Error ? error.message : error}`);
    return { passed: 0, failed: 1, skipped: [] };
  }
  const tests = files.flatMap((file) => file.assertionResults);
  const passed = tests.filter((test) => test.status === "passed").length;
  const skipped = tests.filter((test) => NOT_RUN.has(test.status)).map((test) => test.fullName);
  const notLoaded = files.filter((file) => file.status === "failed" && file.assertionResults.every((test) => test.status !== "failed"));
  const failed = tests.filter((test) => test.status === "failed").length + notLoaded.length;
  return { passed, failed: failed === 0 && status !== 0 ? 1 : failed, skipped };
}

const folder = mkdtempSync(join(tmpdir(), "shoal-test-"));
const results = [];
try {
  for (const more of await runs()) results.push(run(more, folder));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const skipped = results.flatMap((result) => result.skipped);
const passed = results.reduce((sum, result) => sum + result.passed, 0);
const missed = strict ? skipped.filter((name) => !name.startsWith("optional:")).length : 0;
const failed = results.reduce((sum, result) => sum + result.failed, 0) + missed;
for (const name of skipped) console.log(`skipped: ${name}`);
if (passed + failed + skipped.length === 0) console.log(`No test was found for: ${args.join(" ")}`);
console.log(`${passed} passed, ${failed} failed${!strict && skipped.length > 0 ? `, ${skipped.length} skipped` : ""}`);
process.exitCode = failed > 0 || passed + skipped.length === 0 ? 1 : 0;
