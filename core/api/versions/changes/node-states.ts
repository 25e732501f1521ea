import type { Doc, VersionChange } from "../change.ts";

/** A node that was taken away and may come back takes no tasks: the older versions call that offline. */
export const preempted = olderState("2017-05-01.5.0", { preempted: "offline" });

/** An upgrade of its operating system replaces the node's disk, as reimaging does. */
export const upgradingOS = olderState("2024-02-01.19.0", { upgradingos: "reimaging" });

/** A node without its machine takes no tasks. */
export const deallocated = olderState("2024-07-01.20.0", { deallocated: "offline", deallocating: "offline" });

/** Counts of nodes add up to their total in every version. */
export const upgradingOSCount: VersionChange = {
  since: upgradingOS.since,
  definitions: ["NodeCounts"],
  down: ({ upgradingOS, ...rest }) => ({ ...rest, reimaging: sum(rest.reimaging, upgradingOS) }),
};
export const deallocatedCount: VersionChange = {
  since: deallocated.since,
  definitions: ["NodeCounts"],
  down: ({ deallocated, deallocating, ...rest }) => ({ ...rest, offline: sum(rest.offline, deallocated, deallocating) }),
};

function olderState(since: VersionChange["since"], states: Readonly<Record<string, string>>): VersionChange {
  return {
    since,
    definitions: ["ComputeNode"],
    down: (doc: Doc) => {
      const older = typeof doc.state === "string" ? states[doc.state] : undefined;
      return older === undefined ? doc : { ...doc, state: older };
    },
  };
}

function sum(...counts: readonly unknown[]): number {
  return counts.reduce<number>((total, count) => total + (typeof count === "number" ? count : 0), 0);
}
