import { type KeyObject, sign } from "node:crypto";
import { createServer, type Server } from "node:http";
import { TEST_AWS } from "./dynamo-table.ts";

const TOKEN = "a-token";
const ROLE = "node";

/** What an instance finds at 169.254.169.254: tokens, its identity document signed by whoever stands in for AWS, and its role's credentials. */
export class MetadataService {
  private readonly server: Server;

  constructor(instance: { readonly instanceId: string; readonly privateIp: string }, account: string, key: KeyObject) {
    const document = JSON.stringify({ ...instance, accountId: account, region: TEST_AWS.region, version: "2017-09-30" }, null, 2);
    const signature = sign("sha256", Buffer.from(document), key).toString("base64");
    const { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey } = TEST_AWS.credentials;
    const Expiration = new Date(Date.now() + 6 * 3_600_000).toISOString();
    const answers: Readonly<Record<string, string>> = {
      "/latest/dynamic/instance-identity/document": document,
      "/latest/dynamic/instance-identity/signature": signature,
      "/latest/meta-data/iam/security-credentials/": ROLE,
      [`/latest/meta-data/iam/security-credentials/${ROLE}`]: JSON.stringify({ AccessKeyId, SecretAccessKey, Token: "", Expiration }),
    };
    this.server = createServer(({ method, url = "", headers }, response) => {
      if (method === "PUT" && url === "/latest/api/token") return response.end(TOKEN);
      if (headers["x-aws-ec2-metadata-token"] !== TOKEN) return response.writeHead(401).end();
      const answer = answers[url];
      return answer === undefined ? response.writeHead(404).end() : response.end(answer);
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    const address = this.server.address();
    return `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}
