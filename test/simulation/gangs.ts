/** Multi-instance tasks: how users ask for them, and what must hold of them. */
import { fromItem } from "../../core/domain/items.ts";
import type { TaskSpec } from "../../core/domain/specs.ts";
import type { Subtask } from "../../core/domain/subtask.ts";
import type { Task } from "../../core/domain/task.ts";
import type { Item } from "../../core/ports/store.ts";
import type { Random } from "./random.ts";
import type { SimProgram } from "./sim-machine.ts";
import { Violation } from "./violation.ts";

/** Some tasks need several nodes, of which most coordinate well, some on a second try, some never. `own`: what the task's own command line says. */
export function drawGang(random: Random, most: number, longest: number, own: SimProgram): Partial<TaskSpec> {
  if (most === 0 || !random.chance(0.3)) return {};
  const of = random.int(1, most);
  const exitCodes = random.chance(0.8) ? [0] : random.pick([[1, 0], [1]]);
  const program = { ...own, exitCodes, milliseconds: Math.round(random.logarithmic(5, longest / 10)), gang: { of, part: "coordination" } };
  return {
    commandLine: `'${JSON.stringify({ ...own, slots: 0, gang: { of, part: "primary" } })}'`,
    requiredSlots: 1,
    multiInstanceSettings: { numberOfInstances: of, coordinationCommandLine: `'${JSON.stringify(program)}'` },
  };
}

interface Live {
  readonly attempt: number;
  coordinated: boolean;
}

export class GangBook {
  /** By task and machine: instances of which something runs. */
  private readonly live = new Map<string, Map<string, Live>>();

  /** An instance's coordination command starts. Answers its exit code: where it is to fail, it does so on some machines. */
  coordinates(machineId: string, program: SimProgram): { exitCode: number } {
    const { task, attempt = 0, exitCodes } = program;
    const instances = this.of(task);
    for (const [other, { attempt: running }] of instances) {
      if (other === machineId || running !== attempt)
        throw new Violation(
          "one attempt of a gang",
          `${task} starts on ${machineId} at attempt ${attempt}; attempt ${running} runs on ${other}`,
        );
    }
    instances.set(machineId, { attempt, coordinated: false });
    const code = exitCodes[Math.min(attempt - 1, exitCodes.length - 1)] ?? 0;
    return { exitCode: isOdd(machineId + attempt) ? code : 0 };
  }

  /** The command has ended; what it left running lingers where it ended well. */
  coordinated(machineId: string, { task }: SimProgram, exitCode?: number): void {
    const instance = this.of(task).get(machineId);
    if (exitCode === 0 && instance) instance.coordinated = true;
    else this.of(task).delete(machineId);
  }

  /** What the coordination command left running has ended. */
  left(machineId: string, { task }: SimProgram): void {
    this.of(task).delete(machineId);
  }

  /** The task's own command starts on the primary. */
  begins(machineId: string, { task, attempt = 0, gang }: SimProgram): void {
    const ready = [...this.of(task)].filter(([, one]) => one.coordinated && one.attempt === attempt).map(([machine]) => machine);
    if (ready.length !== gang?.of || !ready.includes(machineId))
      throw new Violation(
        "coordination first",
        `${task} begins on ${machineId}; of ${gang?.of} instances ${ready.length} have coordinated`,
      );
  }

  /** To be told of every write to a task. All its instances are given nodes, or none. */
  wrote(old: Task | undefined, now: Task, items: () => readonly Item[]): void {
    if (old?.state !== "active" || now.state !== "running" || !now.spec.multiInstanceSettings) return;
    const gang = items().flatMap((item) =>
      item.pk.startsWith("sub#") && item.gang === now.gang && "node" in item ? [fromItem<Subtask>(item)] : [],
    );
    const nodes = new Set(gang.map(({ node }) => node.nodeId));
    if (nodes.size !== now.spec.multiInstanceSettings.numberOfInstances)
      throw new Violation(
        "all or none",
        `${now.uid}/${now.id} of ${now.spec.multiInstanceSettings.numberOfInstances} runs on ${nodes.size} nodes`,
      );
  }

  /** An instance that runs on though its attempt is over. `find`: a task by its name, as it is now. */
  outlived(find: (name: string) => Task | undefined): string | undefined {
    for (const [name, instances] of this.live) {
      const task = find(name);
      for (const [machineId, { attempt }] of instances) {
        if (task?.state !== "running" || task.attempt !== attempt)
          return `${name} runs on ${machineId} at attempt ${attempt}, which is over`;
      }
    }
    return undefined;
  }

  private of(task: string): Map<string, Live> {
    const instances = this.live.get(task) ?? new Map<string, Live>();
    this.live.set(task, instances);
    return instances;
  }
}

function isOdd(text: string): boolean {
  let sum = 0;
  for (const char of text) sum += char.charCodeAt(0);
  return sum % 2 === 1;
}
