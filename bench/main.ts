/** `npm run bench [-- NAME ...]`: all benches, or those named. */
import { awsCounts } from "./aws-counts.ts";
import { latency } from "./latency.ts";
import { pools } from "./pools.ts";
import { scale } from "./scale.ts";
import { schedules } from "./schedules.ts";
import { throughput } from "./throughput.ts";

const benches: Readonly<Record<string, (say: (line: string) => void) => Promise<void>>> = {
  throughput,
  latency,
  pools,
  scale,
  schedules,
  "aws-counts": awsCounts,
};
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in benches));
if (unknown.length > 0) {
  process.stderr.write(`No such bench: ${unknown.join(", ")}. There are: ${Object.keys(benches).join(", ")}\n`);
  process.exit(64);
}
for (const name of asked.length > 0 ? asked : Object.keys(benches)) await benches[name]?.((line) => process.stdout.write(`${line}\n`));
