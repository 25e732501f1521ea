import { durationMs } from "../../domain/duration.ts";
import { invalidProperty, Refusal } from "../../domain/errors.ts";
import type { DeallocationOption, ResizeRequest } from "../../domain/pool.ts";
import type { PoolSpec, StartTask } from "../../domain/specs.ts";
import type { RemoveNodesRequest } from "../../services/pools/remove-nodes.ts";
import { completeCommand } from "./command-rules.ts";
import { refuseNotYet } from "./not-yet.ts";
import { checkDisplayName, checkDuration, checkId, checkNotEmpty, checkRange, checkRetryCount, checkSlots } from "./ranges.ts";

const MAX_NODES = 10_000;
const MAX_REMOVED = 100;
const DEFAULT_RESIZE_TIMEOUT = "PT15M";
const MIN_RESIZE_TIMEOUT = "PT5M";

interface ImageReference {
  readonly publisher?: string;
  readonly offer?: string;
  readonly sku?: string;
  readonly version?: string;
  readonly virtualMachineImageId?: string;
  readonly sharedGalleryImageId?: string;
  readonly communityGalleryImageId?: string;
}
/** The machines of a pool: of one kind or of the other. */
interface Machines {
  readonly virtualMachineConfiguration?: { readonly imageReference: ImageReference };
  readonly cloudServiceConfiguration?: { readonly osFamily: string; readonly osVersion?: string };
}
type PoolBody = Pick<PoolSpec, "id" | "vmSize"> &
  Partial<PoolSpec> &
  Machines & { readonly displayName?: string; readonly enableAutoScale?: boolean; readonly startTask?: StartTask };
type ResizeBody = Partial<Pick<PoolSpec, "targetDedicatedNodes" | "targetLowPriorityNodes" | "resizeTimeout">> & {
  readonly nodeDeallocationOption?: DeallocationOption;
};

/**
 * The pool that a PoolAddParameter body (as parseBody gives it) asks for, complete with defaults. Throws InvalidPropertyValue,
 * MissingRequiredProperty, or NotImplemented.
 */
export function poolSpec(body: Record<string, unknown>): PoolSpec {
  const given = body as unknown as PoolBody;
  checkId(given.id, "id");
  checkDisplayName(given.displayName, "displayName");
  checkNotEmpty(given.vmSize, "vmSize");
  checkTargets(given);
  checkAutoScale(given);
  checkDuration(given.resizeTimeout, "resizeTimeout", MIN_RESIZE_TIMEOUT);
  checkSlots(given.taskSlotsPerNode, "taskSlotsPerNode");
  refuseNotYet("pool", given);
  return {
    resizeTimeout: DEFAULT_RESIZE_TIMEOUT,
    targetDedicatedNodes: 0,
    targetLowPriorityNodes: 0,
    enableAutoScale: false,
    enableInterNodeCommunication: false,
    taskSlotsPerNode: 1,
    taskSchedulingPolicy: { nodeFillType: "spread" },
    ...given,
    vmSize: given.vmSize.toLowerCase(),
    ...machines(given),
    ...(given.startTask && { startTask: startTask(given.startTask) }),
  };
}

/** The change of size that a PoolResizeParameter body asks for. Throws InvalidPropertyValue or MissingRequiredProperty. */
export function resizeRequest(body: Record<string, unknown>): ResizeRequest {
  const { targetDedicatedNodes, targetLowPriorityNodes, resizeTimeout, nodeDeallocationOption } = body as ResizeBody;
  if (targetDedicatedNodes === undefined && targetLowPriorityNodes === undefined) {
    throw new Refusal("MissingRequiredProperty", { PropertyName: "targetDedicatedNodes" });
  }
  checkTargets(body as ResizeBody);
  checkDuration(resizeTimeout, "resizeTimeout", MIN_RESIZE_TIMEOUT);
  return {
    ...(targetDedicatedNodes !== undefined && { targetDedicatedNodes }),
    ...(targetLowPriorityNodes !== undefined && { targetLowPriorityNodes }),
    resizeTimeoutMs: durationMs(resizeTimeout ?? DEFAULT_RESIZE_TIMEOUT),
    deallocation: nodeDeallocationOption ?? "requeue",
  };
}

/** The nodes that a NodeRemoveParameter body wants removed. Throws InvalidPropertyValue. */
export function removeRequest(body: Record<string, unknown>): RemoveNodesRequest {
  const { nodeList, resizeTimeout, nodeDeallocationOption } = body as unknown as ResizeBody & { readonly nodeList: readonly string[] };
  if (nodeList.length === 0 || nodeList.length > MAX_REMOVED) {
    throw invalidProperty("nodeList", `${nodeList.length} ids`, `The value must hold 1 to ${MAX_REMOVED} ids of nodes.`);
  }
  checkDuration(resizeTimeout, "resizeTimeout", MIN_RESIZE_TIMEOUT);
  return {
    nodeIds: nodeList,
    resizeTimeoutMs: durationMs(resizeTimeout ?? DEFAULT_RESIZE_TIMEOUT),
    deallocation: nodeDeallocationOption ?? "requeue",
  };
}

function checkTargets({ targetDedicatedNodes, targetLowPriorityNodes }: ResizeBody): void {
  checkRange(targetDedicatedNodes, "targetDedicatedNodes", 0, MAX_NODES);
  checkRange(targetLowPriorityNodes, "targetLowPriorityNodes", 0, MAX_NODES);
}

/** A pool's size is either the user's choice or the formula's. */
function checkAutoScale(given: PoolBody): void {
  const [names, when] = given.enableAutoScale
    ? [["targetDedicatedNodes", "targetLowPriorityNodes", "resizeTimeout"], "when enableAutoScale is true"]
    : [["autoScaleFormula", "autoScaleEvaluationInterval"], "unless enableAutoScale is true"];
  const wrong = names.find((name) => given[name] !== undefined);
  if (wrong) throw invalidProperty(wrong, given[wrong], `The property must be left out ${when}.`);
}

/** The configuration of the machines, checked and complete: which image, or which operating system family. */
function machines({ virtualMachineConfiguration, cloudServiceConfiguration }: Machines): Machines {
  if (virtualMachineConfiguration && cloudServiceConfiguration) {
    throw invalidProperty("cloudServiceConfiguration", "", "Give either virtualMachineConfiguration or cloudServiceConfiguration.");
  }
  if (cloudServiceConfiguration) {
    checkNotEmpty(cloudServiceConfiguration.osFamily, "cloudServiceConfiguration.osFamily");
    return { cloudServiceConfiguration: { osVersion: "*", ...cloudServiceConfiguration } };
  }
  if (!virtualMachineConfiguration) throw new Refusal("MissingRequiredProperty", { PropertyName: "virtualMachineConfiguration" });
  const imageReference = image(virtualMachineConfiguration.imageReference, "virtualMachineConfiguration.imageReference");
  return { virtualMachineConfiguration: { ...virtualMachineConfiguration, imageReference } };
}

function image(given: ImageReference, path: string): ImageReference {
  if (given.virtualMachineImageId ?? given.sharedGalleryImageId ?? given.communityGalleryImageId) return given;
  const missing = (["publisher", "offer", "sku"] as const).find((name) => !given[name]);
  if (missing) throw new Refusal("MissingRequiredProperty", { PropertyName: `${path}.${missing}` });
  return { version: "latest", ...given };
}

function startTask(given: StartTask): StartTask {
  checkRetryCount(given.maxTaskRetryCount, "startTask.maxTaskRetryCount");
  return completeCommand(
    { ...given, maxTaskRetryCount: given.maxTaskRetryCount ?? 0, waitForSuccess: given.waitForSuccess ?? true },
    "startTask.",
  );
}
