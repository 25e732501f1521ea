import type { IdentityProof } from "../../core/protocol/registration.ts";
import { send } from "./http.ts";
import type { RoleCredentials } from "./sign-request.ts";

const TOKEN_SECONDS = 21_600;
const TIMEOUT_MS = 5_000;
/** Credentials are replaced while the old ones are still good. */
const EARLY_MS = 5 * 60_000;

/** The instance's metadata service, asked by token (IMDSv2). `endpoint`: as `http://169.254.169.254`. */
export class Metadata {
  private token: { readonly value: string; readonly until: number } | undefined;
  private held: { readonly credentials: RoleCredentials; readonly until: number } | undefined;

  constructor(private readonly endpoint: string) {}

  async identity(): Promise<IdentityProof & { readonly privateIp: string }> {
    const document = await this.get("dynamic/instance-identity/document");
    const signature = await this.get("dynamic/instance-identity/signature");
    const { privateIp } = JSON.parse(document) as { privateIp?: string };
    return {
      document: Buffer.from(document).toString("base64"),
      signature: signature.replaceAll(/\s/g, ""),
      privateIp: privateIp ?? "127.0.0.1",
    };
  }

  /** Those of the instance's role. */
  async credentials(): Promise<RoleCredentials> {
    if (this.held && Date.now() < this.held.until) return this.held.credentials;
    const folder = "meta-data/iam/security-credentials/";
    const role = (await this.get(folder)).trim();
    const given = JSON.parse(await this.get(folder + role)) as Record<string, string>;
    const { AccessKeyId = "", SecretAccessKey = "", Token = "", Expiration = "" } = given;
    const credentials = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: Token };
    this.held = { credentials, until: Date.parse(Expiration) - EARLY_MS };
    return credentials;
  }

  private async get(path: string): Promise<string> {
    const url = `${this.endpoint}/latest/${path}`;
    const headers = { "x-aws-ec2-metadata-token": await this.freshToken() };
    const { status, body } = await send({ method: "GET", url, headers, timeoutMs: TIMEOUT_MS });
    if (status !== 200) throw new Error(`The instance metadata answered ${status} for ${path}.`);
    return body;
  }

  private async freshToken(): Promise<string> {
    if (this.token && Date.now() < this.token.until) return this.token.value;
    const headers = { "x-aws-ec2-metadata-token-ttl-seconds": String(TOKEN_SECONDS) };
    const { status, body } = await send({ method: "PUT", url: `${this.endpoint}/latest/api/token`, headers, timeoutMs: TIMEOUT_MS });
    if (status !== 200) throw new Error(`The instance metadata gives no token: ${status}.`);
    this.token = { value: body, until: Date.now() + (TOKEN_SECONDS * 1_000) / 2 };
    return body;
  }
}
