import { verify, X509Certificate } from "node:crypto";
import type { IdentityProof } from "../../../core/protocol/registration.ts";

/** What an identity document says of the instance that it was made for. */
export interface InstanceIdentity {
  readonly instanceId: string;
  readonly accountId: string;
  readonly region: string;
}

/**
 * The instance that the document names, if it was signed with the certificate (DER, base64) by AWS; undefined otherwise. A document has no end: that its
 * instance still runs, and whose it is, must be asked of EC2.
 */
export function openIdentity({ document, signature }: IdentityProof, certificate: string): InstanceIdentity | undefined {
  const key = new X509Certificate(Buffer.from(certificate, "base64")).publicKey;
  const bytes = Buffer.from(document, "base64");
  if (!verify("sha256", bytes, key, Buffer.from(signature, "base64"))) return undefined;
  const { instanceId, accountId, region } = JSON.parse(bytes.toString()) as Record<string, unknown>;
  return { instanceId: String(instanceId), accountId: String(accountId), region: String(region) };
}
