import { type Doc, objectAt, type VersionChange } from "../change.ts";

/** The operating system family of a pool moved from the pool itself into an object, when pools of virtual machines came. */
export const cloudServiceConfiguration: VersionChange = {
  since: "2016-02-01.3.0",
  definitions: ["PoolAddParameter", "PoolSpecification", "CloudPool"],
  up: ({ osFamily, targetOSVersion, ...rest }) => {
    if (osFamily === undefined && targetOSVersion === undefined) return rest;
    return { ...rest, cloudServiceConfiguration: { osFamily, ...(targetOSVersion !== undefined && { osVersion: targetOSVersion }) } };
  },
  down: (doc) => ({ ...doc, ...targetAndCurrent(objectAt(doc, "cloudServiceConfiguration")) }),
};

/** One version of the operating system in the place of two: the one wanted, and the one that machines had so far. */
export const osVersion: VersionChange = {
  since: "2018-12-01.8.0",
  definitions: ["CloudServiceConfiguration"],
  up: ({ targetOSVersion, ...rest }) => (targetOSVersion === undefined ? rest : { ...rest, osVersion: targetOSVersion }),
  down: targetAndCurrent,
};

/** Upgrades went with the second version, and what they show: while machines still have another one than is wanted, that is told beside it. */
export const upgrading: VersionChange = {
  since: osVersion.since,
  definitions: ["CloudPool"],
  down: (doc) =>
    doc.state === "active" && objectAt(doc, "cloudServiceConfiguration").currentOSVersion !== undefined
      ? { ...doc, state: "upgrading" }
      : doc,
};

function targetAndCurrent({ osFamily, osVersion, currentOSVersion = osVersion }: Doc): Doc {
  return { osFamily, targetOSVersion: osVersion, currentOSVersion };
}
