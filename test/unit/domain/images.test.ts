import { describe, expect, it } from "vitest";
import { KNOWN_IMAGES, machineImage } from "../../../core/domain/images.ts";

const image = (text: string) => {
  const [publisher = "", offer = "", sku = ""] = text.split("/");
  return { publisher, offer, sku };
};

describe("images", () => {
  const ubuntu = "/aws/service/canonical/ubuntu/server";
  it.each([
    ["Canonical/UbuntuServer/18.04-LTS", `${ubuntu}/18.04/stable/current/amd64/hvm/ebs-gp2/ami-id`],
    ["canonical/0001-com-ubuntu-server-jammy/22_04-lts-gen2", `${ubuntu}/22.04/stable/current/amd64/hvm/ebs-gp2/ami-id`],
    ["canonical/0001-com-ubuntu-server-focal/20_04-lts", `${ubuntu}/20.04/stable/current/amd64/hvm/ebs-gp2/ami-id`],
    ["canonical/ubuntu-24_04-lts/server", `${ubuntu}/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id`],
    ["microsoft-azure-batch/ubuntu-server-container/20-04-lts", `${ubuntu}/20.04/stable/current/amd64/hvm/ebs-gp2/ami-id`],
    ["debian/debian-12/12-gen2", "/aws/service/debian/release/12/latest/amd64"],
    ["amazon/al2023/default", "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"],
    [
      "MicrosoftWindowsServer/WindowsServer/2019-Datacenter-smalldisk",
      "/aws/service/ami-windows-latest/Windows_Server-2019-English-Full-Base",
    ],
  ])("of Azure's marketplace: %s", (name, parameter) => {
    expect(machineImage(image(name), "x64")?.parameter).toBe(parameter);
  });

  it("of a cloud service's family are Windows", () => {
    expect(machineImage({ osFamily: "6" }, "x64")).toEqual({
      parameter: "/aws/service/ami-windows-latest/Windows_Server-2019-English-Full-Base",
      system: "windows",
    });
    expect(machineImage({ osFamily: "99" }, "x64")).toBeUndefined();
  });

  it("are for the machine's architecture", () => {
    expect(machineImage(image("canonical/ubuntu-24_04-lts/server"), "arm64")?.parameter).toContain("/arm64/");
    expect(machineImage(image("amazon/al2023/default"), "arm64")?.parameter).toContain("arm64");
    expect(machineImage({ osFamily: "7" }, "arm64")).toBeUndefined();
  });

  it("that are not to be had are none", () => {
    for (const name of ["openlogic/centos/7.5", "canonical/ubuntuserver/14.04-lts", "debian/debian-9/9", "x/windowsserver/2008-r2"]) {
      expect(machineImage(image(name), "x64"), name).toBeUndefined();
    }
    for (const name of KNOWN_IMAGES) expect(machineImage(image(name), "x64"), name).toBeDefined();
  });
});
