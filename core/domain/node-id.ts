const DEDICATED = "_d";
const LOW_PRIORITY = "_p";
const PREFIX = "tvmps_";

/** A node's id is its machine's, dressed as Azure's are: the two can be told from one another without a look-up. */
export function nodeIdOf(machine: { machineId: string; dedicated: boolean }): string {
  return `${PREFIX}${machine.machineId}${machine.dedicated ? DEDICATED : LOW_PRIORITY}`;
}

/** undefined where the id is none of ours. */
export function machineIdOf(nodeId: string): string | undefined {
  const id = nodeId.toLowerCase();
  const ends = id.endsWith(DEDICATED) || id.endsWith(LOW_PRIORITY);
  return ends && id.startsWith(PREFIX) ? id.slice(PREFIX.length, -DEDICATED.length) : undefined;
}
