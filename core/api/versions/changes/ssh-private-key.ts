import type { VersionChange } from "../change.ts";

/** A user account's SSH key moved to what concerns Linux alone. No answer shows it. */
export const sshPrivateKey: VersionChange = {
  since: "2017-05-01.5.0",
  definitions: ["UserAccount"],
  up: ({ sshPrivateKey, ...rest }) => (sshPrivateKey === undefined ? rest : { ...rest, linuxUserConfiguration: { sshPrivateKey } }),
};
