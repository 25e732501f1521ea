import type { VersionChange } from "../change.ts";

/** Where a certificate can be seen: one text with commas became a list. */
export const certificateVisibility: VersionChange = {
  since: "2016-02-01.3.0",
  definitions: ["CertificateReference"],
  up: ({ visibility, ...rest }) => {
    if (typeof visibility !== "string") return rest;
    return { ...rest, visibility: visibility.split(",").map((place) => place.trim().toLowerCase()) };
  },
  down: ({ visibility, ...rest }) => (Array.isArray(visibility) ? { ...rest, visibility: visibility.join(",") } : rest),
};
