import type { Architecture } from "./vm-sizes.ts";

/** What a pool asks for: an image of Azure's marketplace, or a family of Windows guest systems. */
export type PoolImage = { readonly publisher: string; readonly offer: string; readonly sku: string } | { readonly osFamily: string };

export interface MachineImage {
  /** The name of the SSM public parameter that holds the newest AMI. */
  readonly parameter: string;
  readonly system: "linux" | "windows";
}

const UBUNTU_NAMES: Readonly<Record<string, string>> = { xenial: "16.04", bionic: "18.04", focal: "20.04", jammy: "22.04", noble: "24.04" };
const UBUNTU = new Set(Object.values(UBUNTU_NAMES));
/** From this release on, Canonical's images are on newer volumes, which the parameter's name says. */
const FIRST_ON_GP3 = 24;
const DEBIAN = new Set(["11", "12", "13"]);
const WINDOWS = new Set(["2016", "2019", "2022", "2025"]);
/** By Azure's OS family; AWS offers none older than 2016. */
const WINDOWS_BY_FAMILY: Readonly<Record<string, string>> = { 2: "2016", 3: "2016", 4: "2016", 5: "2016", 6: "2019", 7: "2022" };

/** Examples of what is taken, for an error that says so. */
export const KNOWN_IMAGES: readonly string[] = [
  "canonical/0001-com-ubuntu-server-jammy/22_04-lts",
  "canonical/ubuntu-24_04-lts/server",
  "debian/debian-12/12",
  "amazon/al2023/default",
  "microsoftwindowsserver/windowsserver/2022-datacenter",
];

/** The image on EC2 that is the same system; undefined where there is none. Names are compared without case. */
export function machineImage(image: PoolImage, architecture: Architecture): MachineImage | undefined {
  if ("osFamily" in image) return windows(WINDOWS_BY_FAMILY[image.osFamily], architecture);
  const publisher = image.publisher.toLowerCase();
  const words = `${image.offer} ${image.sku}`.toLowerCase();
  if (words.includes("ubuntu")) return ubuntu(words, architecture);
  if (publisher === "debian" || publisher === "credativ") return debian(/\b(\d\d)\b/.exec(words)?.[1], architecture);
  if (publisher === "amazon" && words.startsWith("al2023")) return amazonLinux(architecture);
  if (words.includes("windows")) return windows(/\b(20\d\d)\b/.exec(words)?.[1], architecture);
  return undefined;
}

function ubuntu(words: string, architecture: Architecture): MachineImage | undefined {
  const named = Object.entries(UBUNTU_NAMES).find(([name]) => words.includes(name))?.[1];
  const release = /(\d\d)[._-](04|10)/.exec(words);
  const version = named ?? (release ? `${release[1]}.${release[2]}` : "");
  if (!UBUNTU.has(version)) return undefined;
  const volume = Number.parseInt(version, 10) >= FIRST_ON_GP3 ? "ebs-gp3" : "ebs-gp2";
  const path = `${version}/stable/current/${debianName(architecture)}/hvm/${volume}/ami-id`;
  return { parameter: `/aws/service/canonical/ubuntu/server/${path}`, system: "linux" };
}

function debian(version: string | undefined, architecture: Architecture): MachineImage | undefined {
  if (!version || !DEBIAN.has(version)) return undefined;
  return { parameter: `/aws/service/debian/release/${version}/latest/${debianName(architecture)}`, system: "linux" };
}

function amazonLinux(architecture: Architecture): MachineImage {
  const name = architecture === "arm64" ? "arm64" : "x86_64";
  return { parameter: `/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-${name}`, system: "linux" };
}

function windows(version: string | undefined, architecture: Architecture): MachineImage | undefined {
  if (!version || !WINDOWS.has(version) || architecture === "arm64") return undefined;
  return { parameter: `/aws/service/ami-windows-latest/Windows_Server-${version}-English-Full-Base`, system: "windows" };
}

function debianName(architecture: Architecture): string {
  return architecture === "arm64" ? "arm64" : "amd64";
}
