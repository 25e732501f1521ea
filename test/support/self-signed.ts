import { type KeyObject, sign } from "node:crypto";

const SHA256_WITH_RSA = "300d06092a864886f70d01010b0500";
const NAME = "300f310d300b06035504030c0474657374";
const VALIDITY = "301e170d3234303130313030303030305a170d3439303130313030303030305a";

/** A certificate of a key for itself, as DER in base64: for tests that stand in for whoever signs. */
export function selfSigned(privateKey: KeyObject, publicKey: KeyObject): string {
  const key = publicKey.export({ type: "spki", format: "der" }).toString("hex");
  const body = sequence(`020101${SHA256_WITH_RSA}${NAME}${VALIDITY}${NAME}${key}`);
  const signature = sign("sha256", Buffer.from(body, "hex"), privateKey).toString("hex");
  return Buffer.from(sequence(`${body}${SHA256_WITH_RSA}03${length(`00${signature}`)}00${signature}`), "hex").toString("base64");
}

function sequence(content: string): string {
  return `30${length(content)}${content}`;
}

function length(content: string): string {
  const bytes = content.length / 2;
  if (bytes < 128) return bytes.toString(16).padStart(2, "0");
  const digits = bytes.toString(16);
  const even = digits.padStart(digits.length + (digits.length % 2), "0");
  return (0x80 + even.length / 2).toString(16) + even;
}
