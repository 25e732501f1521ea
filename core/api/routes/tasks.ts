import type { Hono } from "hono";
import { Refusal } from "../../domain/errors.ts";
import { checkPreconditions } from "../../domain/preconditions.ts";
import { taskStatsView } from "../../domain/stats-views.ts";
import type { Task } from "../../domain/task.ts";
import { subtaskView, taskView } from "../../domain/views.ts";
import { listSubtasks } from "../../services/gangs/list-subtasks.ts";
import { addTasks } from "../../services/tasks/add-tasks.ts";
import { deleteTask, terminateTask } from "../../services/tasks/end-task.ts";
import { reactivateTask } from "../../services/tasks/reactivate-task.ts";
import { countTasks, getTask, listTasks } from "../../services/tasks/read-tasks.ts";
import { updateTask } from "../../services/tasks/update-task.ts";
import type { ApiEnv, Call } from "../call.ts";
import { readJson } from "../middleware/body.ts";
import { preconditions } from "../middleware/conditions.ts";
import { type Collection, listPage, oneOf } from "../odata/listing.ts";
import { SUBTASK_SELECT, TASK_FILTER, TASK_SELECT } from "../odata/properties.ts";
import { parseSelect, pick } from "../odata/select.ts";
import { acted, document, statsUrl } from "../reply.ts";
import { taskConstraintsUpdate, taskSpec } from "../rules/task-rules.ts";
import { parseBody, renderBody } from "../versions/translate.ts";
import { isAtLeast } from "../versions/versions.ts";
import { idParam, route } from "./route.ts";
import { addTaskCollection } from "./task-collection.ts";

export function taskRoutes(app: Hono<ApiEnv>): void {
  route(app, "/jobs/:jobId/tasks", {
    GET: (c) => listPage(c.get("call"), tasks(c.get("call"), idParam(c, "jobId"))),
    POST: async (c) => {
      const call = c.get("call");
      const spec = taskSpec(parseBody("TaskAddParameter", await readJson(c.req.raw), call.version));
      const [outcome] = await addTasks(call.ctx, idParam(c, "jobId"), [spec]);
      if (!outcome) throw new Error("addTasks answered no outcome for its one task");
      if ("refusal" in outcome) throw outcome.refusal;
      return acted(call, 201, url(outcome.task), outcome.task);
    },
  });

  route(app, "/jobs/:jobId/addtaskcollection", {
    POST: async (c) => addTaskCollection(c.get("call"), idParam(c, "jobId"), await readJson(c.req.raw)),
  });

  route(app, "/jobs/:jobId/tasks/:taskId", {
    GET: async (c) => {
      const call = c.get("call");
      const jobId = idParam(c, "jobId");
      const task = await getTask(call.ctx, jobId, idParam(c, "taskId"));
      checkPreconditions(task, preconditions(c.req.raw.headers), true);
      return oneOf(call, tasks(call, jobId), task, task);
    },
    PUT: async (c) => {
      const call = c.get("call");
      const constraints = taskConstraintsUpdate(parseBody("TaskUpdateParameter", await readJson(c.req.raw), call.version));
      const task = await updateTask(call.ctx, idParam(c, "jobId"), idParam(c, "taskId"), constraints, preconditions(c.req.raw.headers));
      return acted(call, 200, url(task), task);
    },
    DELETE: async (c) => {
      const call = c.get("call");
      const [jobId, taskId] = [idParam(c, "jobId"), idParam(c, "taskId")];
      await deleteTask(call.ctx, jobId, taskId, preconditions(c.req.raw.headers));
      return acted(call, 200, `/jobs/${jobId}/tasks/${taskId}`);
    },
  });

  route(app, "/jobs/:jobId/tasks/:taskId/terminate", {
    POST: async (c) => {
      const call = c.get("call");
      const task = await terminateTask(call.ctx, idParam(c, "jobId"), idParam(c, "taskId"), preconditions(c.req.raw.headers));
      return acted(call, 204, `${url(task)}/terminate`, task);
    },
  });

  route(app, "/jobs/:jobId/tasks/:taskId/reactivate", {
    POST: async (c) => {
      const call = c.get("call");
      const task = await reactivateTask(call.ctx, idParam(c, "jobId"), idParam(c, "taskId"), preconditions(c.req.raw.headers));
      return acted(call, 204, `${url(task)}/reactivate`, task);
    },
  });

  route(app, "/jobs/:jobId/tasks/:taskId/subtasksinfo", {
    GET: async (c) => {
      const call = c.get("call");
      const selected = parseSelect(call.query, SUBTASK_SELECT);
      const { task, subtasks } = await listSubtasks(call.ctx, idParam(c, "jobId"), idParam(c, "taskId"));
      const value = subtasks.map((subtask) =>
        pick(renderBody("SubtaskInformation", subtaskView(task, subtask, call.origin), call.version), selected),
      );
      return document(call, "subtaskinfo", { value }, task);
    },
  });

  route(app, "/jobs/:jobId/taskcounts", {
    GET: async (c) => {
      const call = c.get("call");
      if (!isAtLeast(call.version, "2017-06-01.5.1")) throw new Refusal("InvalidUri", { Reason: "Task counts came with 2017-06-01.5.1." });
      const counts = await countTasks(call.ctx, idParam(c, "jobId"));
      const doc = { taskCounts: counts.tasks, taskSlotCounts: counts.slots };
      return document(call, "taskcounts/@Element", renderBody("TaskCountsResult", doc, call.version));
    },
  });
}

function tasks(call: Call, jobId: string): Collection<Task> {
  return {
    definition: "CloudTask",
    set: "tasks",
    filterable: TASK_FILTER,
    selectable: TASK_SELECT,
    view: (task) => taskView(task, call.origin),
    stats: async (tasks) => tasks.map((task) => taskStatsView(task, statsUrl(call, url(task)), call.ctx.clock.now())),
    read: (page) => listTasks(call.ctx, jobId, page),
    find: { byId: (id) => getTask(call.ctx, jobId, id), missing: "TaskNotFound" },
  };
}

function url(task: Task): string {
  return `/jobs/${task.jobId}/tasks/${task.id}`;
}
