import { instanceTypes } from "./instance-types.ts";
import { vmSize } from "./vm-sizes.ts";

/** More slots than this no node has, whatever its size. */
const MAX_SLOTS = 256;
const SLOTS_PER_CORE = 4;

/** Near matches of a size that is neither one of Azure's nor an EC2 instance type; undefined where it is one. */
export function unknownSize(size: string): readonly string[] | undefined {
  if (vmSize(size)) return undefined;
  const found = instanceTypes(size);
  return "near" in found ? found.near : undefined;
}

/** The cores of a size as far as they are known; 1 for EC2's own types, of which only EC2 knows. */
export function coresOf(size: string): number {
  return vmSize(size)?.cores ?? 1;
}

/** The most task slots that a node of this size may have: four a core, 256 at most, and 256 where the cores are not known. */
export function mostSlots(size: string): number {
  const cores = vmSize(size)?.cores;
  return cores === undefined ? MAX_SLOTS : Math.min(SLOTS_PER_CORE * cores, MAX_SLOTS);
}
