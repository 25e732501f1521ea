import { type Architecture, nearSizes, vmSize } from "./vm-sizes.ts";

export interface InstanceTypes {
  /** The first is preferred; the others offer the same where it is not to be had. */
  readonly types: readonly string[];
  readonly architecture: Architecture;
}

/** GiB a core, the families with it (alike, the preferred first), and a core's relative price. */
const FAMILIES: readonly { perCore: number; price: number; x64: readonly string[]; arm64: readonly string[] }[] = [
  { perCore: 2, price: 85, x64: ["c6i", "c5", "c6a"], arm64: ["c7g", "c6g"] },
  { perCore: 4, price: 96, x64: ["m6i", "m5", "m6a"], arm64: ["m7g", "m6g"] },
  { perCore: 8, price: 126, x64: ["r6i", "r5", "r6a"], arm64: ["r7g", "r6g"] },
];
const STEPS: readonly (readonly [size: string, cores: number])[] = [
  ["large", 2],
  ["xlarge", 4],
  ["2xlarge", 8],
  ["4xlarge", 16],
  ["8xlarge", 32],
  ["12xlarge", 48],
  ["16xlarge", 64],
  ["24xlarge", 96],
];
/** The types of Graviton families end here. */
const MAX_ARM_CORES = 64;
/** c5 has sizes of its own from here on. */
const ODD_FROM_CORES = 32;

interface Offer {
  readonly cores: number;
  readonly memoryGiB: number;
  readonly price: number;
  readonly types: readonly string[];
}

const BURSTABLE: readonly Offer[] = [
  { cores: 2, memoryGiB: 1, price: 21, types: ["t3.micro", "t3a.micro"] },
  { cores: 2, memoryGiB: 2, price: 42, types: ["t3.small", "t3a.small"] },
  { cores: 2, memoryGiB: 4, price: 83, types: ["t3.medium", "t3a.medium"] },
];

const EC2_TYPE = /^([a-z]+\d+[a-z0-9-]*)\.(nano|micro|small|medium|large|\d*xlarge|metal[a-z0-9-]*)$/;
const ARM_FAMILY = /^(a1$|[a-z]+\d+[a-z]*g)/;

/** EC2's types for a size of Azure's, the cheapest that have its cores and memory; an EC2 type stands for itself. Where it is neither: near matches. */
export function instanceTypes(size: string): InstanceTypes | { readonly near: readonly string[] } {
  const name = size.toLowerCase();
  const own = EC2_TYPE.exec(name);
  if (own) return { types: [name], architecture: ARM_FAMILY.test(own[1] ?? "") ? "arm64" : "x64" };
  const shape = vmSize(name);
  const fitting =
    shape && offers(shape.architecture).filter(({ cores, memoryGiB }) => cores >= shape.cores && memoryGiB >= shape.memoryGiB);
  // A core of its own is more than a burstable one: only sizes of a single core, and Azure's burstable ones, are small enough for these.
  const small = shape && (shape.cores === 1 || name.startsWith("standard_b"));
  const chosen = fitting?.filter(({ types }) => small || !types[0]?.startsWith("t")).sort((a, b) => a.price - b.price)[0];
  return shape && chosen ? { types: chosen.types, architecture: shape.architecture } : { near: nearSizes(name) };
}

function offers(architecture: Architecture): Offer[] {
  const steady = FAMILIES.flatMap(({ perCore, price, ...families }) =>
    STEPS.filter(([, cores]) => architecture === "x64" || cores <= MAX_ARM_CORES).map(([size, cores]) => ({
      cores,
      memoryGiB: cores * perCore,
      price: cores * price,
      types: families[architecture].filter((family) => family !== "c5" || cores < ODD_FROM_CORES).map((family) => `${family}.${size}`),
    })),
  );
  return architecture === "x64" ? [...BURSTABLE, ...steady] : steady;
}
