import { containersOf } from "../../domain/container-configuration.ts";
import { durationMs } from "../../domain/duration.ts";
import { invalidProperty, Refusal } from "../../domain/errors.ts";
import { KNOWN_IMAGES } from "../../domain/images.ts";
import { mostSlots, unknownSize } from "../../domain/machine-size.ts";
import type { DeallocationOption, ResizeRequest } from "../../domain/pool.ts";
import type { PoolProperties, PoolSpec, StartTask } from "../../domain/specs.ts";
import { isSupportedImage } from "../../domain/supported-images.ts";
import type { RemoveNodesRequest } from "../../services/pools/remove-nodes.ts";
import type { PoolChanges } from "../../services/pools/update-pool.ts";
import { completeCommand } from "./command-rules.ts";
import { checkContainerConfiguration } from "./container-rules.ts";
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
  Machines & {
    readonly displayName?: string;
    readonly enableAutoScale?: boolean;
    readonly startTask?: StartTask;
    readonly networkConfiguration?: { readonly subnetId?: string };
  };
type ResizeBody = Partial<Pick<PoolSpec, "targetDedicatedNodes" | "targetLowPriorityNodes" | "resizeTimeout">> & {
  readonly nodeDeallocationOption?: DeallocationOption;
};

/**
 * The pool that a PoolAddParameter body (as parseBody gives it) asks for, complete with defaults. Throws InvalidPropertyValue,
 * MissingRequiredProperty, or NotImplemented.
 */
export function poolSpec(body: Record<string, unknown>): PoolSpec {
  const { id, ...given } = body as unknown as PoolBody;
  checkId(id, "id");
  return { id, ...poolProperties(given) };
}

/** All of a pool but its id, checked and complete with defaults. Throws as {@link poolSpec}. */
export function poolProperties(body: Record<string, unknown>): PoolProperties {
  const given = body as unknown as PoolBody;
  checkDisplayName(given.displayName, "displayName");
  checkNotEmpty(given.vmSize, "vmSize");
  checkSize(given.vmSize);
  checkNetwork(given.networkConfiguration);
  checkTargets(given);
  checkAutoScale(given);
  checkDuration(given.resizeTimeout, "resizeTimeout", MIN_RESIZE_TIMEOUT);
  checkRange(given.taskSlotsPerNode, "taskSlotsPerNode", 1, mostSlots(given.vmSize));
  refuseNotYet("pool", given);
  checkContainerConfiguration(containersOf({ spec: body }));
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

/** The changes that a PoolPatchParameter body asks for: what it names, each property as a whole. Throws as {@link poolSpec}. */
export function poolPatch(body: Record<string, unknown>): PoolChanges {
  const given = body as unknown as Partial<PoolBody>;
  checkDisplayName(given.displayName, "displayName");
  if (given.vmSize !== undefined) checkSize(given.vmSize);
  checkSlots(given.taskSlotsPerNode, "taskSlotsPerNode");
  checkNetwork(given.networkConfiguration);
  refuseNotYet("pool", given);
  return {
    ...given,
    ...(given.vmSize !== undefined && { vmSize: given.vmSize.toLowerCase() }),
    ...(given.virtualMachineConfiguration && machines(given)),
    ...(given.startTask && { startTask: startTask(given.startTask) }),
  };
}

/** The changes that a PoolUpdatePropertiesParameter body asks for: what it leaves out is cleared. Throws as {@link poolSpec}. */
export function poolUpdate(body: Record<string, unknown>): PoolChanges {
  const cleared = { startTask: null, certificateReferences: null, applicationPackageReferences: null, metadata: null };
  return { ...cleared, targetNodeCommunicationMode: null, ...poolPatch(body) };
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

/** The version of the operating system that a PoolUpgradeOSParameter body asks for. Throws InvalidPropertyValue. */
export function upgradeRequest(body: Record<string, unknown>): string {
  const { targetOSVersion } = body as { readonly targetOSVersion: string };
  checkNotEmpty(targetOSVersion, "targetOSVersion");
  return targetOSVersion;
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

function checkSize(size: string): void {
  const near = unknownSize(size);
  if (near) throw invalidProperty("vmSize", size, `There is no such size. Like it are ${near.join(", ")}.`);
}

/** Nodes are in the network of the service itself. */
function checkNetwork(given: { readonly subnetId?: string } | undefined): void {
  const subnetId = given?.subnetId;
  if (subnetId !== undefined)
    throw invalidProperty("networkConfiguration.subnetId", subnetId, "There is no such subnet here. Leave it out.");
}

function image(given: ImageReference, path: string): ImageReference {
  if (given.virtualMachineImageId ?? given.sharedGalleryImageId ?? given.communityGalleryImageId) return given;
  const missing = (["publisher", "offer", "sku"] as const).find((name) => !given[name]);
  if (missing) throw new Refusal("MissingRequiredProperty", { PropertyName: `${path}.${missing}` });
  const { publisher = "", offer = "", sku = "" } = given;
  if (!isSupportedImage({ publisher, offer, sku })) {
    const named = `${publisher}/${offer}/${sku}`;
    throw invalidProperty(path, named, `There is no such image. Some that there are: ${KNOWN_IMAGES.join(", ")}.`);
  }
  return { version: "latest", ...given };
}

function startTask(given: StartTask): StartTask {
  checkRetryCount(given.maxTaskRetryCount, "startTask.maxTaskRetryCount");
  return completeCommand(
    { ...given, maxTaskRetryCount: given.maxTaskRetryCount ?? 0, waitForSuccess: given.waitForSuccess ?? true },
    "startTask.",
  );
}
