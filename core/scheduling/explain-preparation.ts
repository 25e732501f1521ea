import type { Job } from "../domain/job.ts";
import { hasFailed, type JobNode } from "../domain/job-node.ts";
import type { Node } from "../domain/node.ts";
import { shownState, type Task } from "../domain/task.ts";
import type { Reason } from "./reason.ts";

const MOST_NAMED = 20;

interface Preparations {
  readonly job: Job;
  /** Of the pool, as far as they were read. */
  readonly nodes: readonly Node[];
  /** What the job's preparation did, as far as it was read. */
  readonly prepared?: readonly JobNode[];
}

/** The ids, in lower case, of the pool's nodes that could not be prepared for the job, and run none of its tasks. */
export function unpreparedNodes({ job, nodes, prepared = [] }: Preparations): Map<string, JobNode> {
  if (!job.spec.jobPreparationTask?.waitForSuccess) return new Map();
  const there = new Set(nodes.map(({ id }) => id.toLowerCase()));
  const failed = prepared.filter(
    ({ nodeId, preparation }) => there.has(nodeId.toLowerCase()) && preparation && hasFailed(preparation.report),
  );
  return new Map(failed.map((one) => [one.nodeId.toLowerCase(), one]));
}

/**
 * Where the job cannot run for want of its preparation; `tooFew`: fewer than `needed` other nodes would take it. Nothing where it was prepared wherever it was
 * tried.
 */
export function explainPreparation(
  snapshot: Preparations,
  needed: number,
): { readonly tooFew: boolean; readonly reasons: readonly Reason[] } {
  const failed = unpreparedNodes(snapshot);
  const [first] = failed.values();
  if (!first?.preparation) return { tooFew: false, reasons: [] };
  const nodes = [...failed.values()].map(({ nodeId }) => nodeId).slice(0, MOST_NAMED);
  const { id, report } = first.preparation;
  const end = report.exitCode === undefined ? (report.failure?.code ?? "") : `exit code ${report.exitCode}`;
  const files = `Its stdout.txt and stderr.txt there, in the directory of ${id}, may say why; a node is tried again when it is reimaged.`;
  const message = `The job's preparation failed on ${nodes.join(", ")} (${end}), where none of its tasks will run. ${files}`;
  const others = snapshot.nodes.filter((node) => takesTasks(node) && !failed.has(node.id.toLowerCase()));
  return { tooFew: others.length < needed, reasons: [{ code: "PreparationFailed", message, nodes, exitCode: report.exitCode }] };
}

/** Why a task that was handed to a node does not run there yet. */
export function explainPreparing(task: Task): Reason[] {
  if (shownState(task) !== "preparing") return [];
  const nodeId = task.node?.nodeId;
  const message = `The node ${nodeId} prepares the task's job, since ${task.stateTransitionTime}.`;
  return [{ code: "Preparing", message, nodeId, since: task.stateTransitionTime }];
}

function takesTasks(node: Node): boolean {
  return (node.state === "idle" || node.state === "running") && node.schedulingState === "enabled";
}
