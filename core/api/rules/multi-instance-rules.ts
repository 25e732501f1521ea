import { invalidProperty, Refusal } from "../../domain/errors.ts";
import type { MultiInstanceSettings, TaskSpec } from "../../domain/specs.ts";
import { checkText } from "./ranges.ts";
import { checkResourceFiles } from "./resource-file-rules.ts";

/**
 * What a task asks for that is to run on several nodes, complete with defaults: one, where it does not say how many. Each instance has a node to itself, so
 * it needs one slot. Throws InvalidPropertyValue, or NotImplemented for one in a container.
 */
export function completeMultiInstance(
  given: Partial<MultiInstanceSettings> | undefined,
  task: Pick<TaskSpec, "containerSettings"> & Partial<Pick<TaskSpec, "requiredSlots">>,
): MultiInstanceSettings | undefined {
  if (given === undefined) return undefined;
  const { numberOfInstances = 1, coordinationCommandLine, commonResourceFiles } = given;
  if (numberOfInstances < 1)
    throw invalidProperty("multiInstanceSettings.numberOfInstances", numberOfInstances, "The value must be at least 1.");
  checkText(coordinationCommandLine, "multiInstanceSettings.coordinationCommandLine");
  if (coordinationCommandLine?.trim() === "")
    throw invalidProperty("multiInstanceSettings.coordinationCommandLine", "", "The value must name a program, such as /bin/true.");
  checkResourceFiles(commonResourceFiles, "multiInstanceSettings.commonResourceFiles");
  if ((task.requiredSlots ?? 1) !== 1)
    throw invalidProperty(
      "requiredSlots",
      task.requiredSlots,
      "The value must be 1 for a multi-instance task: each instance has a node to itself.",
    );
  if (task.containerSettings !== undefined)
    throw new Refusal(
      "NotImplemented",
      { PropertyName: "multiInstanceSettings" },
      "The service does not run multi-instance tasks in containers yet. Leave out containerSettings, or let the command lines start the containers.",
    );
  return { ...given, numberOfInstances };
}
