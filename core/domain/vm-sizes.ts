/**
 * What Azure's VM sizes offer, and the EC2 instance types that offer at least as much. Cores and memory decide; what else a size has (local disks, network)
 * is not looked at. EC2's own types are taken as they are.
 */
export type Architecture = "x64" | "arm64";

export interface VmSize {
  readonly cores: number;
  readonly memoryGiB: number;
  readonly architecture: Architecture;
}

type Shape = readonly [size: string, cores: number, memoryGiB: number];

/** Sizes of which name and shape follow no rule. */
const SINGLE: readonly Shape[] = [
  ["extrasmall", 1, 0.75],
  ["small", 1, 1.75],
  ["medium", 2, 3.5],
  ["large", 4, 7],
  ["extralarge", 8, 14],
  ["standard_a0", 1, 0.75],
  ["standard_a1", 1, 1.75],
  ["standard_a2", 2, 3.5],
  ["standard_a3", 4, 7],
  ["standard_a4", 8, 14],
  ["standard_a5", 2, 14],
  ["standard_a6", 4, 28],
  ["standard_a7", 8, 56],
  ["standard_a1_v2", 1, 2],
  ["standard_a2_v2", 2, 4],
  ["standard_a4_v2", 4, 8],
  ["standard_a8_v2", 8, 16],
  ["standard_a2m_v2", 2, 16],
  ["standard_a4m_v2", 4, 32],
  ["standard_a8m_v2", 8, 64],
  ["standard_b1s", 1, 1],
  ["standard_b1ms", 1, 2],
  ["standard_b2s", 2, 4],
  ["standard_b2ms", 2, 8],
  ["standard_b4ms", 4, 16],
  ["standard_b8ms", 8, 32],
  ...doubled("standard_d", "", [1, 2, 3, 4], 3.5),
  ...doubled("standard_d", "", [11, 12, 13, 14], 7, 2),
  ...["", "s"].flatMap((s) => [
    ...doubled(`standard_d${s}`, "_v2", [1, 2, 3, 4, 5], 3.5),
    ...doubled(`standard_d${s}`, "_v2", [11, 12, 13, 14], 7, 2),
  ]),
];

/** Families whose names say the cores: letter, cores, features, version. Memory in GiB a core. */
const FAMILIES: readonly {
  letter: string;
  perCore: number;
  cores: readonly number[];
  features: readonly string[];
  versions: readonly string[];
}[] = [
  { letter: "d", perCore: 4, cores: [2, 4, 8, 16, 32, 48, 64], features: ["", "s"], versions: ["_v3"] },
  { letter: "d", perCore: 4, cores: [2, 4, 8, 16, 32, 48, 64, 96], features: ["", "s", "d", "ds", "as", "ads"], versions: ["_v4", "_v5"] },
  { letter: "d", perCore: 4, cores: [2, 4, 8, 16, 32, 48, 64], features: ["ps", "pds"], versions: ["_v5"] },
  { letter: "d", perCore: 2, cores: [2, 4, 8, 16, 32, 48, 64], features: ["pls", "plds"], versions: ["_v5"] },
  { letter: "e", perCore: 8, cores: [2, 4, 8, 16, 20, 32, 48], features: ["", "s"], versions: ["_v3"] },
  { letter: "e", perCore: 8, cores: [2, 4, 8, 16, 20, 32, 48, 64], features: ["", "s", "d", "ds", "as", "ads"], versions: ["_v4", "_v5"] },
  { letter: "e", perCore: 8, cores: [2, 4, 8, 16, 20, 32], features: ["ps", "pds"], versions: ["_v5"] },
  { letter: "f", perCore: 2, cores: [1, 2, 4, 8, 16], features: ["", "s"], versions: [""] },
  { letter: "f", perCore: 2, cores: [2, 4, 8, 16, 32, 48, 64, 72], features: ["s"], versions: ["_v2"] },
];

const SIZES: ReadonlyMap<string, VmSize> = new Map([
  ...SINGLE.map(([name, cores, memoryGiB]): [string, VmSize] => [name, { cores, memoryGiB, architecture: "x64" }]),
  ...FAMILIES.flatMap(({ letter, perCore, cores, features, versions }) =>
    features.flatMap((feature) =>
      versions.flatMap((version) =>
        cores.map((n): [string, VmSize] => [
          `standard_${letter}${n}${feature}${version}`,
          { cores: n, memoryGiB: n * perCore, architecture: feature.includes("p") ? "arm64" : "x64" },
        ]),
      ),
    ),
  ),
]);

/** Numbers in a row, each with twice the cores of the one before. */
function doubled(before: string, after: string, numbers: readonly number[], perCore: number, first = 1): Shape[] {
  return numbers.map((number, step) => [`${before}${number}${after}`, first * 2 ** step, first * 2 ** step * perCore]);
}

/** The shape of an Azure size, whatever its case; undefined where it is not known. */
export function vmSize(name: string): VmSize | undefined {
  return SIZES.get(name.toLowerCase());
}

/** Known sizes whose names are most like this one. */
export function nearSizes(name: string, count = 3): string[] {
  const wanted = name.toLowerCase();
  const scored = [...SIZES.keys()].map((known) => ({ known, distance: editDistance(wanted, known) }));
  scored.sort((a, b) => a.distance - b.distance);
  return scored.slice(0, count).map(({ known }) => known);
}

/** Levenshtein's distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
