import type { Node } from "../../domain/node.ts";
import type { Member } from "../../domain/subtask.ts";
import type { Task } from "../../domain/task.ts";
import type { TaskOrder } from "../../protocol/messages.ts";
import type { Context } from "../context.ts";
import { resolveFiles } from "../tasks/task-order.ts";

interface Place {
  readonly room: { readonly node: Pick<Node, "ipAddress"> };
  readonly member?: Member;
}

/**
 * What each node of a multi-instance task is told, in the order of `places`, the primary first: the others have none of the files that are for the primary
 * alone. Empty for other tasks.
 */
export function instanceOrders(ctx: Context, task: Task, order: TaskOrder, places: readonly Place[]): TaskOrder[] {
  const settings = task.spec.multiInstanceSettings;
  if (!settings) return [];
  const { coordinationCommandLine, commonResourceFiles } = settings;
  const common = {
    ...(coordinationCommandLine === undefined ? {} : { coordinationCommandLine }),
    hosts: places.map(({ room }) => room.node.ipAddress),
    ...(commonResourceFiles ? { commonResourceFiles: resolveFiles(ctx, commonResourceFiles) } : {}),
  };
  const { resourceFiles: _files, outputFiles: _outputs, ...bare } = order;
  return places.flatMap(({ member }) => (member ? [{ ...(member.instance === 0 ? order : bare), multi: { ...member, ...common } }] : []));
}
