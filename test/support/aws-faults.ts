import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";

export type Fault =
  /** Not carried out, and said so. */
  | { readonly kind: "refused"; readonly name: string }
  /** Carried out, but the answer is lost. */
  | { readonly kind: "lost" }
  /** Not carried out, and nobody says so. */
  | { readonly kind: "broken" };

/** Lets the next requests of a client fail, in order; those after them pass. Answers how many requests there were. */
export function withFaults(client: DynamoDBClient, faults: Fault[]): () => number {
  let requests = 0;
  client.middlewareStack.add(
    (next) => async (args) => {
      requests++;
      const fault = faults.shift();
      if (fault?.kind === "refused") throw Object.assign(new Error("Slow down."), { name: fault.name });
      if (fault?.kind === "broken") throw Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });
      const result = await next(args);
      if (fault?.kind === "lost") throw Object.assign(new Error("Internal server error"), { $metadata: { httpStatusCode: 500 } });
      return result;
    },
    { step: "initialize" },
  );
  return () => requests;
}
