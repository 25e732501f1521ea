import type { VersionChange } from "../change.ts";

/** Where a resource file comes from: a blob's URL became any URL, and containers came beside it. */
export const resourceFileSource: VersionChange = {
  since: "2018-12-01.8.0",
  definitions: ["ResourceFile"],
  up: ({ blobSource, ...rest }) => (blobSource === undefined ? rest : { ...rest, httpUrl: blobSource }),
  down: (doc) => ({ ...doc, blobSource: doc.httpUrl ?? doc.storageContainerUrl }),
};
