import { type ErrorCode, Refusal } from "../../domain/errors.ts";
import type { TaskSpec } from "../../domain/specs.ts";
import { type AddOutcome, addTasks } from "../../services/tasks/add-tasks.ts";
import type { Call } from "../call.ts";
import { errorBody } from "../errors.ts";
import { document } from "../reply.ts";
import { taskSpec } from "../rules/task-rules.ts";
import { parseBody, renderBody } from "../versions/translate.ts";
import type { ApiVersion } from "../versions/versions.ts";

export const MAX_COLLECTION = 100;

/** What becomes of one task: refused here, or given to the service as its `index`-th. */
type Candidate = { readonly id: string } & ({ readonly refusal: Refusal } | { readonly index: number });

/**
 * Adds a collection of at most 100 tasks; the answer has one result a task, in the order sent.
 *
 * A body that is not of the API's shape (no JSON, a property that is unknown, missing or of the wrong type) is refused as a whole, and
 * nothing is added: Azure reads a body before it looks at tasks. What is wrong with one task by itself (a value out of its range, an id
 * that is taken, also by an earlier task of the same collection) is that task's `clienterror`, and the rest go on.
 */
export async function addTaskCollection(call: Call, jobId: string, json: unknown): Promise<Response> {
  const specs: TaskSpec[] = [];
  const taken = new Set<string>();
  const candidates = itemsOf(json).map((item, index): Candidate => {
    const spec = readTask(item, index, call.version);
    if (spec instanceof Refusal) return { id: idOf(item), refusal: spec };
    if (taken.has(spec.id.toLowerCase())) return { id: spec.id, refusal: new Refusal("TaskExists") };
    taken.add(spec.id.toLowerCase());
    return { id: spec.id, index: specs.push(spec) - 1 };
  });
  const outcomes = await addTasks(call.ctx, jobId, specs);
  const results = candidates.map((candidate) => {
    if ("refusal" in candidate) return failed(call, candidate.id, candidate.refusal);
    const outcome = outcomes[candidate.index];
    if (!outcome) throw new Error(`addTasks answered ${outcomes.length} outcomes for ${specs.length} tasks`);
    return "refusal" in outcome ? failed(call, candidate.id, outcome.refusal) : added(call, outcome);
  });
  return document(call, "taskaddresult", renderBody("TaskAddCollectionResult", { value: results }, call.version));
}

function added(call: Call, { task }: Extract<AddOutcome, { task: unknown }>): Record<string, unknown> {
  const location = `${call.origin}/jobs/${task.jobId}/tasks/${task.id}`;
  return { status: "success", taskId: task.id, eTag: task.etag, lastModified: task.lastModified, location };
}

function failed(call: Call, taskId: string, refusal: Refusal): Record<string, unknown> {
  const status = refusal.status < 500 ? "clienterror" : "servererror";
  return { status, taskId, error: errorBody(refusal, call) };
}

function itemsOf(json: unknown): readonly unknown[] {
  const value = typeof json === "object" && json !== null ? (json as { value?: unknown }).value : undefined;
  if (value === undefined) throw new Refusal("MissingRequiredProperty", { PropertyName: "value" });
  if (!Array.isArray(value)) throw new Refusal("InvalidRequestBody", { PropertyName: "value", Reason: "The value must be a JSON array." });
  if (value.length > MAX_COLLECTION) {
    throw new Refusal("InvalidRequestBody", {
      PropertyName: "value",
      Reason: `A collection holds at most ${MAX_COLLECTION} tasks; this one has ${value.length}. Send them in several calls.`,
    });
  }
  return value;
}

/** The task, or what is wrong with it by itself. Throws, naming the property within the collection, where it is no task at all. */
function readTask(item: unknown, index: number, version: ApiVersion): TaskSpec | Refusal {
  try {
    return taskSpec(parseBody("TaskAddParameter", item, version));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (!SHAPE_ERRORS.has(error.code)) return error;
    const { PropertyName } = error.details;
    const path = PropertyName === undefined ? `value[${index}]` : `value[${index}].${PropertyName}`;
    throw new Refusal(error.code, { ...error.details, PropertyName: path }, error.message);
  }
}

const SHAPE_ERRORS: ReadonlySet<ErrorCode> = new Set(["InvalidRequestBody", "MissingRequiredProperty"] as const);

function idOf(item: unknown): string {
  return String((item as { id?: unknown }).id);
}
