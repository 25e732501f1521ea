import { generateKeyPairSync, sign, X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { IDENTITY_CERTIFICATES } from "../../../adapters/aws/ec2/identity-certificates.ts";
import { openIdentity } from "../../../adapters/aws/ec2/identity-document.ts";
import { selfSigned } from "../../support/self-signed.ts";

const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const certificate = selfSigned(privateKey, publicKey);
const bytes = Buffer.from(JSON.stringify({ instanceId: "i-1", accountId: "123456789012", region: "eu-west-1", version: "2017-09-30" }));
const proof = { document: bytes.toString("base64"), signature: sign("sha256", bytes, privateKey).toString("base64") };

describe("an instance identity document", () => {
  it("names its instance", () => {
    expect(openIdentity(proof, certificate)).toEqual({ instanceId: "i-1", accountId: "123456789012", region: "eu-west-1" });
  });
  it("is refused where a letter of it is another", () => {
    const document = Buffer.from(bytes.toString().replace("i-1", "i-2")).toString("base64");
    expect(openIdentity({ ...proof, document }, certificate)).toBeUndefined();
  });
  it("is refused where somebody else signed it", () => {
    const other = generateKeyPairSync("rsa", { modulusLength: 2048 });
    expect(openIdentity(proof, selfSigned(other.privateKey, other.publicKey))).toBeUndefined();
    for (const aws of Object.values(IDENTITY_CERTIFICATES)) expect(openIdentity(proof, aws)).toBeUndefined();
  });
});

it("knows certificates that can be read, for the regions of AWS", () => {
  expect(Object.keys(IDENTITY_CERTIFICATES).length).toBeGreaterThan(30);
  for (const der of Object.values(IDENTITY_CERTIFICATES)) {
    const found = new X509Certificate(Buffer.from(der, "base64"));
    expect(found.subject).toMatch(/Amazon|AWS/);
    expect(found.publicKey.asymmetricKeyType).toBe("rsa");
  }
});
