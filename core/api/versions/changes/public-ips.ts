import { objectAt, type VersionChange } from "../change.ts";

/** A pool's public addresses: the bare list became one of several ways of providing them. */
export const publicIPs: VersionChange = {
  since: "2020-03-01.11.0",
  definitions: ["NetworkConfiguration"],
  up: ({ publicIPs, ...rest }) => {
    if (publicIPs === undefined) return rest;
    return { ...rest, publicIPAddressConfiguration: { provision: "usermanaged", ipAddressIds: publicIPs } };
  },
  down: (doc) => ({ ...doc, publicIPs: objectAt(doc, "publicIPAddressConfiguration").ipAddressIds }),
};
