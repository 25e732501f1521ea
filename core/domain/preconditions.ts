import { Refusal } from "./errors.ts";

/** The four condition headers, already parsed: times in milliseconds since the epoch. */
export interface Preconditions {
  readonly ifMatch?: string;
  readonly ifNoneMatch?: string;
  readonly ifModifiedSince?: number;
  readonly ifUnmodifiedSince?: number;
}

/**
 * Throws ConditionNotMet (412) where the resource is not as the caller wants it; on a read, the two "none/modified" conditions answer
 * NotModified (304) instead. `lastModified` is compared to the second, as HTTP dates have no fractions.
 */
export function checkPreconditions(
  resource: { etag: string; lastModified: string },
  wanted: Preconditions | undefined,
  read: boolean,
): void {
  if (!wanted) return;
  const changed = Math.floor(Date.parse(resource.lastModified) / 1000) * 1000;
  const bare = (tag: string) => tag.replace(/^W\//, "").replace(/^"|"$/g, "");
  const fits = (tag: string) => tag === "*" || bare(tag) === bare(resource.etag);
  if (wanted.ifMatch !== undefined && !fits(wanted.ifMatch)) throw new Refusal("ConditionNotMet");
  if (wanted.ifUnmodifiedSince !== undefined && changed > wanted.ifUnmodifiedSince) throw new Refusal("ConditionNotMet");
  const unchanged =
    (wanted.ifNoneMatch !== undefined && fits(wanted.ifNoneMatch)) ||
    (wanted.ifModifiedSince !== undefined && changed <= wanted.ifModifiedSince);
  if (unchanged) throw new Refusal(read ? "NotModified" : "ConditionNotMet");
}
