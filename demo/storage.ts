import type { BatchServiceClient } from "@azure/batch";

/** The server's own storage: signed container URLs, asked for with the account's key, and files put by them. */
export class Storage {
  private readonly uploads = new Map<string, Promise<string>>();

  constructor(
    private readonly client: BatchServiceClient,
    private readonly url: string,
  ) {}

  /** A URL of the container, good for a day; `permissions` are letters of r, w, l, d. */
  async container(name: string, permissions: string): Promise<string> {
    const answer = await this.client.sendRequest({
      method: "POST",
      url: `${this.url}/shoal/containers/${name}/url`,
      headers: { "content-type": "application/json" },
      body: { permissions, hours: 24 },
    });
    if (answer.status !== 200) throw new Error(`No URL for container ${name}: ${answer.status} ${answer.bodyAsText}`);
    return answer.parsedBody.url;
  }

  async upload(container: string, name: string, content: Buffer): Promise<void> {
    let target = this.uploads.get(container);
    if (!target) {
      target = this.container(container, "w");
      this.uploads.set(container, target);
    }
    const headers = { "x-ms-blob-type": "BlockBlob", "content-type": "application/octet-stream" };
    const answer = await fetch(fileUrl(await target, name), { method: "PUT", headers, body: new Uint8Array(content) });
    if (!answer.ok) throw new Error(`${name} was not taken: ${answer.status} ${await answer.text()}`);
  }
}

/** The URL of one file, from its container's. */
export function fileUrl(containerUrl: string, name: string): string {
  const url = new URL(containerUrl);
  url.pathname += `/${name}`;
  return url.href;
}
