import type { VersionChange } from "../change.ts";
import { autoUserScope } from "./auto-user-scope.ts";
import { certificateVisibility } from "./certificate-visibility.ts";
import { cloudServiceConfiguration, osVersion, upgrading } from "./cloud-service-configuration.ts";
import { criCompatible, dockerCompatible } from "./container-type.ts";
import { confidentialMachines, standardDisks } from "./disk-choices.ts";
import { preProcessingError } from "./exit-conditions.ts";
import { failureInfo } from "./failure-info.ts";
import { jobManagerNodes } from "./job-manager-nodes.ts";
import { deallocated, deallocatedCount, preempted, upgradingOS, upgradingOSCount } from "./node-states.ts";
import { publicIPs } from "./public-ips.ts";
import { resizeErrors } from "./resize-errors.ts";
import { resourceFileSource } from "./resource-file-source.ts";
import { releaseRetentionTime, retentionTime } from "./retention-time.ts";
import { runElevated } from "./run-elevated.ts";
import { sshPrivateKey } from "./ssh-private-key.ts";
import { targetDedicated } from "./target-dedicated.ts";
import { taskCounts } from "./task-counts.ts";
import { taskSlots } from "./task-slots.ts";
import { waitForSuccess } from "./wait-for-success.ts";

/** Every change of form between the published versions, the oldest first. */
export const CHANGES: readonly VersionChange[] = [
  certificateVisibility,
  cloudServiceConfiguration,
  runElevated,
  targetDedicated,
  resizeErrors,
  failureInfo,
  preProcessingError,
  sshPrivateKey,
  preempted,
  jobManagerNodes,
  dockerCompatible,
  resourceFileSource,
  retentionTime,
  releaseRetentionTime,
  osVersion,
  upgrading,
  autoUserScope,
  waitForSuccess,
  publicIPs,
  taskSlots,
  taskCounts,
  criCompatible,
  standardDisks,
  upgradingOS,
  upgradingOSCount,
  deallocated,
  deallocatedCount,
  confidentialMachines,
];
