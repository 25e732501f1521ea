/** `npm run simulate -- --seeds N --from S`: lives through N seeds, from S on, and shows what it finds. */
import { parseArgs } from "node:util";
import { runStory } from "./story.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "300" },
    from: { type: "string", default: "1" },
    trace: { type: "boolean", default: false },
  },
});
const seeds = Number(values.seeds);
const from = Number(values.from);
const began = performance.now();
let failed = 0;
let events = 0;
for (let i = 0; i < seeds; i++) {
  const end = await runStory(from + i, { keepTrace: values.trace });
  events += end.events;
  if (values.trace) console.log(end.trace.join("\n"));
  if (end.violation) {
    failed++;
    console.log(`seed ${end.seed}: ${end.violation.message}`);
  }
  if ((i + 1) % 50 === 0) {
    const seconds = (performance.now() - began) / 1000;
    console.log(
      `${i + 1}/${seeds} seeds, ${failed} failed, ${((i + 1) / seconds).toFixed(1)} seeds/s, ${Math.round(events / (i + 1))} events a seed`,
    );
  }
}
