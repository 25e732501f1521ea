import type {
  BatchExecuteStatementCommandInput,
  BatchExecuteStatementCommandOutput,
  BatchStatementErrorCodeEnum,
  BatchStatementResponse,
  DynamoDBClient,
} from "@aws-sdk/client-dynamodb";

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

/**
 * Lets single statements of each batch fail in between the others, by chance: some are not carried out and said to be throttled, some are carried out and
 * said to have failed. `random` gives 0 up to 1. Answers how many failed.
 */
export function withBrokenBatches(client: DynamoDBClient, share: number, random: () => number): () => number {
  let failed = 0;
  const error = (Code: BatchStatementErrorCodeEnum): BatchStatementResponse => {
    failed++;
    return { Error: { Code, Message: "Not now." } };
  };
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        if (commandName !== "BatchExecuteStatementCommand") return next(args);
        const { Statements = [] } = args.input as BatchExecuteStatementCommandInput;
        const refused = Statements.map(() => random() < share);
        const kept = Statements.filter((_, index) => !refused[index]);
        if (kept.length === 0) return next(args);
        const result = await next({ ...args, input: { ...args.input, Statements: kept } as typeof args.input });
        const output = result.output as BatchExecuteStatementCommandOutput;
        const answers = [...(output.Responses ?? [])];
        const Responses = refused.map((withheld): BatchStatementResponse => {
          if (withheld) return error("ThrottlingError");
          const answer = answers.shift() ?? {};
          return random() < share ? error("InternalServerError") : answer;
        });
        return { ...result, output: { ...output, Responses } };
      },
    { step: "initialize" },
  );
  return () => failed;
}
