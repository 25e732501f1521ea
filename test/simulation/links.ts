import type { TaskSpec } from "../../core/domain/specs.ts";
import type { Random } from "./random.ts";

/** Which tasks of a job depend on which: on earlier ones or on later ones, by ids and by ranges, never in a circle. */
export class Links {
  readonly used: boolean;
  private readonly density: number;
  private readonly later: boolean;
  private readonly numbers: boolean;

  constructor(
    private readonly random: Random,
    /** So many tasks the job will have. */
    private readonly count: number,
  ) {
    this.used = random.chance(0.5);
    this.density = random.next();
    this.later = random.chance(0.3);
    this.numbers = random.chance(0.5);
  }

  id(index: number): string {
    return this.numbers ? String(index) : `t${index}`;
  }

  of(index: number): Pick<TaskSpec, "dependsOn"> {
    const [first, last] = this.later ? [index + 1, this.count - 1] : [0, index - 1];
    if (!this.used || last < first || !this.random.chance(this.density)) return {};
    const start = this.random.int(first, last);
    const end = this.random.int(start, Math.min(last, start + 40));
    if (this.numbers && this.random.chance(0.5)) return { dependsOn: { taskIdRanges: [{ start, end }] } };
    const wide = this.random.chance(0.2) ? end - start : this.random.int(0, 2);
    const taskIds = Array.from({ length: wide + 1 }, () => this.id(this.random.int(first, last)));
    return { dependsOn: { taskIds, ...(this.numbers && this.random.chance(0.2) ? { taskIdRanges: [{ start, end }] } : {}) } };
  }
}
