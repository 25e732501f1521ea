import type { BatchServiceModels } from "@azure/batch";

const WIDTH = 32;

/** One line that is written over itself on a terminal, and a line every so often elsewhere. */
export class ProgressLine {
  private last = 0;
  constructor(private readonly out: NodeJS.WriteStream) {}

  show(counts: BatchServiceModels.TaskCounts, total: number, seconds: number): void {
    const done = Math.round((WIDTH * counts.completed) / total);
    const text = `${"#".repeat(done)}${".".repeat(WIDTH - done)} ${counts.completed}/${total} done, ${counts.running} running, ${counts.failed} failed, ${seconds.toFixed(1)} s`;
    if (this.out.isTTY) {
      this.out.write(`\r  ${text}\x1b[K${counts.completed === total ? "\n" : ""}`);
    } else if (counts.completed === total || seconds - this.last >= 1) {
      this.last = seconds;
      this.out.write(`  ${text}\n`);
    }
  }
}
