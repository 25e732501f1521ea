import type { StartTask } from "../../core/domain/specs.ts";
import type { Random } from "./random.ts";
import type { SimProgram } from "./sim-machine.ts";

/** A start task that ends well, or after some tries, or never. */
export function drawStartTask(random: Random): StartTask {
  const maxTaskRetryCount = random.int(0, 2);
  const waitForSuccess = random.chance(0.8);
  const program: SimProgram = {
    task: "start task",
    slots: 0,
    milliseconds: Math.round(random.logarithmic(10, 60_000)),
    exitCodes: random.pick([[0], [0], [1, 0], [0, 1], [1, 1, 0], [1]]),
    start: { waits: waitForSuccess, tries: maxTaskRetryCount + 1 },
  };
  return { commandLine: `'${JSON.stringify(program)}'`, maxTaskRetryCount, waitForSuccess };
}
