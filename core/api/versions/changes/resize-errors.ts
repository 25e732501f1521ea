import type { VersionChange } from "../change.ts";

/** A pool came to keep every error of its last resize; before, the first. */
export const resizeErrors: VersionChange = {
  since: "2017-05-01.5.0",
  definitions: ["CloudPool"],
  down: ({ resizeErrors, ...rest }) =>
    Array.isArray(resizeErrors) && resizeErrors.length > 0 ? { ...rest, resizeError: resizeErrors[0] } : rest,
};
