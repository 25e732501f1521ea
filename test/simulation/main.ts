/** `npm run simulate -- --seeds N --from S`: lives through N seeds on all cores; what fails is made small, and told as a story. */
import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { NO_FAULTS } from "./faults.ts";
import { shrink } from "./shrink.ts";
import { runStory, type StoryOptions } from "./story.ts";

const HELP = `Usage: npm run simulate -- [options]

  --seeds N    how many seeds (default 300)
  --from S     the first of them (default 1)
  --show S     one seed only: prints its whole trace
  --calm       without faults
  --nodes N --tasks N   instead of a small cluster by seed: one pool, one job of this size
`;

interface Failure {
  readonly seed: number;
  readonly message: string;
  readonly trace: readonly string[];
}
type FromWorker = { readonly events: number; readonly failure?: Failure };

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string", default: "300" },
      from: { type: "string", default: "1" },
      show: { type: "string" },
      calm: { type: "boolean", default: false },
      nodes: { type: "string" },
      tasks: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return void process.stdout.write(HELP);
  const scale = values.nodes
    ? { pools: 1, jobs: 1, nodes: Number(values.nodes), tasks: Number(values.tasks ?? 1000), unrest: 0, longest: 60_000, batch: 100 }
    : undefined;
  const options: StoryOptions = { ...(values.calm ? { rates: NO_FAULTS } : {}), ...(scale ? { scale } : {}) };
  if (values.show) return show(Number(values.show), options);
  const seeds = scale ? 1 : Number(values.seeds);
  const failures = await runAll(Number(values.from), seeds, options);
  for (const failure of failures) tell(failure);
  process.exitCode = failures.length > 0 ? 1 : 0;
}

/** Spreads the seeds over one worker a core; they take the next seed as they go. */
async function runAll(from: number, seeds: number, options: StoryOptions): Promise<Failure[]> {
  const began = performance.now();
  const failures: Failure[] = [];
  let done = 0;
  let events = 0;
  let next = from;
  const say = () => {
    const seconds = (performance.now() - began) / 1000;
    process.stdout.write(
      `${done}/${seeds} seeds, ${failures.length} failed, ${(done / seconds).toFixed(1)} seeds/s, ${Math.round(events / Math.max(1, done))} events a seed\n`,
    );
  };
  const progress = setInterval(say, 5_000);
  const live = () =>
    new Promise<void>((resolve, reject) => {
      const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { options } });
      const take = () => {
        if (next < from + seeds) worker.postMessage(next++);
        else void worker.terminate().then(() => resolve());
      };
      worker.on("error", reject);
      worker.on("message", (result: FromWorker) => {
        done++;
        events += result.events;
        if (result.failure) {
          failures.push(result.failure);
          process.stdout.write(`seed ${result.failure.seed}: ${result.failure.message}\n`);
        }
        take();
      });
      take();
    });
  await Promise.all(Array.from({ length: Math.min(seeds, availableParallelism()) }, live));
  clearInterval(progress);
  say();
  return failures;
}

async function show(seed: number, options: StoryOptions): Promise<void> {
  const end = await runStory(seed, { ...options, keepTrace: true });
  process.stdout.write(`${end.trace.join("\n")}\nseed ${seed}: ${end.violation?.message ?? "clean"}, digest ${end.digest}\n`);
}

function tell({ seed, message, trace }: Failure): void {
  const file = `simulation-seed-${seed}.txt`;
  writeFileSync(file, `${trace.join("\n")}\n`);
  process.stdout.write(
    `\nseed ${seed} breaks an invariant: ${message}\n${trace.slice(-40).join("\n")}\n(the whole story, made small: ${file}; again: npm run simulate -- --show ${seed})\n`,
  );
}

/** A worker: a seed comes, what became of it goes. */
function work(options: StoryOptions): void {
  parentPort?.on("message", (seed: number) => {
    void runStory(seed, options).then(async (end) => {
      const small = end.violation ? await shrink(seed, end, options) : undefined;
      const failure = small && { seed, message: end.violation?.message ?? "", trace: small.trace };
      parentPort?.postMessage({ events: end.events, ...(failure ? { failure } : {}) } satisfies FromWorker);
    });
  });
}

if (isMainThread) await main();
else work((workerData as { options: StoryOptions }).options);
