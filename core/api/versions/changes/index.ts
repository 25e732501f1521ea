import type { VersionChange } from "../change.ts";

/** Every change of form between the published versions, the oldest first. */
export const CHANGES: readonly VersionChange[] = [];
