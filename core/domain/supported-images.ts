import { machineImage } from "./images.ts";

/** An image of Azure's marketplace that pools may be made of, and the node agent that goes with it. */
export interface SupportedImage {
  readonly publisher: string;
  readonly offer: string;
  readonly sku: string;
  readonly nodeAgentSKUId: string;
  readonly osType: "linux" | "windows";
}

type Row = readonly [nodeAgentSKUId: string, osType: "linux" | "windows", ...images: readonly string[]];

const ROWS: readonly Row[] = [
  [
    "batch.node.ubuntu 20.04",
    "linux",
    "canonical/0001-com-ubuntu-server-focal/20_04-lts",
    "microsoft-azure-batch/ubuntu-server-container/20-04-lts",
  ],
  ["batch.node.ubuntu 22.04", "linux", "canonical/0001-com-ubuntu-server-jammy/22_04-lts", "canonical/ubuntuserver/22_04"],
  ["batch.node.ubuntu 24.04", "linux", "canonical/ubuntu-24_04-lts/server"],
  ["batch.node.debian 11", "linux", "debian/debian-11/11"],
  ["batch.node.debian 12", "linux", "debian/debian-12/12"],
  ["batch.node.amazonlinux 2023", "linux", "amazon/al2023/default"],
  [
    "batch.node.windows amd64",
    "windows",
    "microsoftwindowsserver/windowsserver/2016-datacenter",
    "microsoftwindowsserver/windowsserver/2019-datacenter",
    "microsoftwindowsserver/windowsserver/2022-datacenter",
    "microsoftwindowsserver/windowsserver/2025-datacenter",
  ],
];

export const SUPPORTED_IMAGES: readonly SupportedImage[] = ROWS.flatMap(([nodeAgentSKUId, osType, ...images]) =>
  images.map((image) => {
    const [publisher = "", offer = "", sku = ""] = image.split("/");
    return { publisher, offer, sku, nodeAgentSKUId, osType };
  }),
);

/** Whether pools may be made of the image: it is in the list, or another edition of a system that is. Names are compared without case. */
export function isSupportedImage(image: { readonly publisher: string; readonly offer: string; readonly sku: string }): boolean {
  return machineImage(image, "x64") !== undefined;
}
