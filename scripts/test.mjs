/**
 * `npm test`: all tests, then one closing line taken from the runner's own result. What a machine lacks is skipped, and said; with
 * SHOAL_NO_SKIP=1 (as CI does) a skipped test is a failure. Arguments go to vitest.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = mkdtempSync(join(tmpdir(), "shoal-test-"));
const report = join(folder, "report.json");
const vitest = fileURLToPath(new URL("../node_modules/vitest/vitest.mjs", import.meta.url));
const args = [vitest, "run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`, ...process.argv.slice(2)];
const run = spawnSync(process.execPath, args, { stdio: "inherit" });

let result;
try {
  result = JSON.parse(readFileSync(report, "utf8"));
} catch (error) {
  console.error(`The test runner left no result: ${error instanceof Error ? error.message : error}`);
  process.exit(run.status || 1);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

const tests = result.testResults.flatMap((file) => file.assertionResults);
const skipped = tests.filter((test) => test.status === "skipped" || test.status === "pending" || test.status === "todo");
for (const test of skipped) console.log(`skipped: ${test.fullName}`);
const strict = process.env.SHOAL_NO_SKIP === "1";
const unloaded = result.testResults.filter(
  (file) => file.status === "failed" && file.assertionResults.every((test) => test.status !== "failed"),
).length;
const failed = result.numFailedTests + unloaded + (strict ? skipped.length : 0);
console.log(`${result.numPassedTests} passed, ${failed} failed${!strict && skipped.length > 0 ? `, ${skipped.length} skipped` : ""}`);
process.exit(failed > 0 || !result.success || run.status !== 0 ? 1 : 0);
