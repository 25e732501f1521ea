import { Refusal } from "../../core/domain/errors.ts";
import { StoreError } from "../../core/ports/store.ts";
import type { Context } from "../../core/services/context.ts";
import type { Cluster } from "./cluster.ts";
import { Violation } from "./violation.ts";

const TRIES = 12;
const PAUSE_MS = 1_000;

/** A client of the service: each request runs on a host of its own, and is sent again when no answer comes, as the official clients do. */
export class Client {
  constructor(
    private readonly cluster: Cluster,
    private readonly name: string,
  ) {}

  /** The answer, or the service's refusal; undefined when the client gave up without either. */
  async ask<T>(what: string, request: (ctx: Context) => Promise<T>): Promise<T | Refusal | undefined> {
    for (let tries = 0; tries < TRIES; tries++) {
      const answer = await this.once(what, request);
      if (answer) return answer.value;
      await this.cluster.loop.sleep(PAUSE_MS);
    }
    return undefined;
  }

  private once<T>(what: string, request: (ctx: Context) => Promise<T>): Promise<{ value: T | Refusal } | undefined> {
    const { trace } = this.cluster;
    trace.say(this.name, `asks: ${what}`);
    return new Promise((resolve) => {
      const host = this.cluster.host("api", () => resolve(undefined));
      request(this.cluster.context(host)).then(
        (value) => {
          trace.say(this.name, `answer: ${what}`);
          resolve({ value });
        },
        (error: unknown) => {
          host.alive = false;
          if (error instanceof Refusal && error.code !== "ServerBusy") {
            trace.say(this.name, `refused: ${what}: ${error.code}`);
            resolve({ value: error });
          } else {
            if (!(error instanceof StoreError || error instanceof Refusal)) this.cluster.broken ??= unexpected(what, error);
            resolve(undefined);
          }
        },
      );
    });
  }
}

function unexpected(what: string, error: unknown): Violation {
  return new Violation("expected errors", `${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
}
