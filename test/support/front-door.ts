import { createServer, request, type Server } from "node:http";

/**
 * Stands before the emulator's HTTP API as a domain of one's own does on AWS: clients sign the path that they send, which must reach the API without anything
 * before it.
 */
export class FrontDoor {
  private api = "";
  private readonly server: Server;

  constructor(private readonly emulatorPort: number) {
    this.server = createServer((incoming, outgoing) => {
      const { method, url, headers } = incoming;
      const host = `${this.api}.execute-api.localhost:${this.emulatorPort}`;
      const options = { host: "127.0.0.1", port: this.emulatorPort, method, path: url, headers: { ...headers, host } };
      const onward = request(options, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      onward.on("error", () => outgoing.writeHead(502).end());
      incoming.pipe(onward);
    });
  }

  /** Answers the address at which it listens. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    const address = this.server.address();
    return `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
  }

  leadTo(apiId: string): void {
    this.api = apiId;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}
