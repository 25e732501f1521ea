import type { Shortfall } from "../../../core/ports/fleet.ts";

export interface LaunchFailure {
  readonly code: string;
  readonly message: string;
}

const QUOTA = new Set(["VcpuLimitExceeded", "InstanceLimitExceeded", "MaxSpotInstanceCountExceeded", "MaxSpotFleetRequestCountExceeded"]);
const CAPACITY = new Set([
  "InsufficientInstanceCapacity",
  "InsufficientCapacity",
  "InsufficientCapacityOnOutpost",
  "UnfulfillableCapacity",
  "Unsupported",
  "SpotMaxPriceTooLow",
]);
const ADDRESSES = new Set(["InsufficientFreeAddressesInSubnet", "PrivateIpAddressLimitExceeded", "NetworkInterfaceLimitExceeded"]);

/** Whether a request failed because EC2 has no more to give, so that asking again at once is of no use. */
export function isShortage(code: string): boolean {
  return QUOTA.has(code) || CAPACITY.has(code) || ADDRESSES.has(code);
}

/** Why so many of the machines asked for did not come, with Azure's code for it. A quota is named before a lack: more of it can be asked for. */
export function shortfallOf(missing: number, dedicated: boolean, failures: readonly LaunchFailure[]): Shortfall {
  const quota = failures.find(({ code }) => QUOTA.has(code));
  const [failure] = quota ? [quota] : failures;
  const what = `${missing} ${dedicated ? "dedicated" : "low-priority"} ${missing === 1 ? "node" : "nodes"} could not be allocated`;
  const why = failure ? ` (EC2: ${failure.code}: ${failure.message})` : "";
  if (quota) {
    const code = dedicated ? "AccountCoreQuotaReached" : "AccountLowPriorityCoreQuotaReached";
    return { code, message: `${what}: the account's quota of ${dedicated ? "" : "spot "}vCPUs is used up${why}. Ask AWS for more.` };
  }
  return { code: "AllocationFailed", message: `${what}: ${reason(failure?.code)}${why}.` };
}

function reason(code: string | undefined): string {
  if (code === undefined) return "EC2 gave fewer, and did not say why; resize again";
  if (ADDRESSES.has(code)) return "no address is left in the subnets; give the service larger ones";
  if (CAPACITY.has(code)) return "EC2 has none of this size to give at present; try later, or another size";
  return "EC2 refused; see its message";
}
