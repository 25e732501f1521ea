import type { VersionChange } from "../change.ts";

/** The container technology: one product's name became the name of what it is compatible with. */
export const dockerCompatible: VersionChange = {
  since: "2018-08-01.7.0",
  definitions: ["ContainerConfiguration"],
  up: (doc) => ({ ...doc, type: "dockerCompatible" }),
  down: (doc) => ({ ...doc, type: "docker" }),
};

/** A second technology came: the older versions know it by the first one's name. */
export const criCompatible: VersionChange = {
  since: "2023-05-01.17.0",
  definitions: ["ContainerConfiguration"],
  down: (doc) => ({ ...doc, type: "dockerCompatible" }),
};
