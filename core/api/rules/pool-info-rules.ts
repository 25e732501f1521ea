import { invalidProperty, Refusal } from "../../domain/errors.ts";
import type { AutoPoolSpecification, PoolInfo } from "../../domain/specs.ts";
import { poolProperties } from "./pool-rules.ts";
import { checkId } from "./ranges.ts";
import { within } from "./within.ts";

const PATH = "poolInfo.autoPoolSpecification";
const MAX_PREFIX = 20;

/** As parseBody gives it. */
type AutoPoolBody = Pick<AutoPoolSpecification, "autoPoolIdPrefix" | "poolLifetimeOption"> & {
  readonly keepAlive?: boolean;
  readonly pool?: Record<string, unknown>;
};

/** The pool that a job names, or that is to be made for it, checked and complete. Throws InvalidPropertyValue or MissingRequiredProperty. */
export function poolInfo(given: PoolInfo | undefined): PoolInfo {
  const { poolId, autoPoolSpecification } = given ?? {};
  if (autoPoolSpecification === undefined) {
    if (poolId === undefined) throw new Refusal("MissingRequiredProperty", { PropertyName: "poolInfo.poolId" });
    checkId(poolId, "poolInfo.poolId");
    return { poolId };
  }
  if (poolId !== undefined) throw invalidProperty("poolInfo", poolId, "Give either poolId or autoPoolSpecification.");
  return { autoPoolSpecification: autoPool(autoPoolSpecification as unknown as AutoPoolBody) };
}

/** Refuses what only the jobs of a schedule can have: a pool that outlives the job. */
export function checkOwnLifetime({ autoPoolSpecification }: PoolInfo): void {
  if (autoPoolSpecification?.poolLifetimeOption !== "jobschedule") return;
  const reason = "Only the jobs of a job schedule can share a pool. Ask for the lifetime job.";
  throw invalidProperty(`${PATH}.poolLifetimeOption`, "jobschedule", reason);
}

function autoPool(given: AutoPoolBody): AutoPoolSpecification {
  const prefix = given.autoPoolIdPrefix;
  if (prefix !== undefined && prefix !== "") {
    checkId(prefix, `${PATH}.autoPoolIdPrefix`);
    if (prefix.length > MAX_PREFIX)
      throw invalidProperty(`${PATH}.autoPoolIdPrefix`, prefix, `The value must be at most ${MAX_PREFIX} characters.`);
  }
  const { pool } = given;
  if (pool === undefined) throw new Refusal("MissingRequiredProperty", { PropertyName: `${PATH}.pool` });
  return { ...given, keepAlive: given.keepAlive ?? false, pool: within(`${PATH}.pool`, () => poolProperties(pool)) };
}
