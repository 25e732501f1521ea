/** How a pool's nodes come to fit its target. Pure. */
import type { Node } from "../domain/node.ts";

export interface Target {
  readonly dedicated: number;
  readonly lowPriority: number;
}
export interface ResizePlan {
  readonly launch: Target;
  readonly remove: readonly Node[];
}

/**
 * Nodes that are leaving count for nothing, and neither do those that are named to go. The least useful go first: those that run nothing before those that
 * run little, and last those that run a job manager (`managers`: their ids, in lower case).
 */
export function planResize(
  nodes: readonly Node[],
  target: Target,
  named: ReadonlySet<string> = new Set(),
  managers: ReadonlySet<string> = new Set(),
): ResizePlan {
  const present = nodes.filter((node) => node.state !== "leavingpool");
  const staying = present.filter((node) => !named.has(node.id));
  const going = present.filter((node) => named.has(node.id));
  const dedicated = planKind(
    staying.filter((node) => node.dedicated),
    target.dedicated,
    managers,
  );
  const lowPriority = planKind(
    staying.filter((node) => !node.dedicated),
    target.lowPriority,
    managers,
  );
  return {
    launch: { dedicated: dedicated.launch, lowPriority: lowPriority.launch },
    remove: [...going, ...dedicated.remove, ...lowPriority.remove],
  };
}

function planKind(nodes: readonly Node[], target: number, managers: ReadonlySet<string>): { launch: number; remove: Node[] } {
  const surplus = nodes.length - target;
  if (surplus <= 0) return { launch: -surplus, remove: [] };
  const use = (node: Node) => (managers.has(node.id.toLowerCase()) ? MANAGES : usefulness(node));
  const leastUsefulFirst = [...nodes].sort((a, b) => use(a) - use(b) || a.runningTasks - b.runningTasks);
  return { launch: 0, remove: leastUsefulFirst.slice(0, surplus) };
}

/** More useful than any other. */
const MANAGES = 3;

function usefulness(node: Node): number {
  if (node.state === "running") return 2;
  return node.state === "idle" ? 1 : 0;
}
