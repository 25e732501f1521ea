import type { VersionChange } from "../change.ts";

/** Standard solid-state disks came: the older versions know them as standard disks. */
export const standardDisks: VersionChange = {
  since: "2023-11-01.18.0",
  definitions: ["DataDisk"],
  down: (doc) => (doc.storageAccountType === "standardssd_lrs" ? { ...doc, storageAccountType: "standard_lrs" } : doc),
};

/** Confidential machines came: the older versions have no word that would be true of them. */
export const confidentialMachines: VersionChange = {
  since: "2024-07-01.20.0",
  definitions: ["SecurityProfile"],
  down: ({ securityType, ...rest }) => (securityType === "confidentialVM" ? rest : { ...rest, securityType }),
};
