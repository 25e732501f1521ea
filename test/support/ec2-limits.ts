/**
 * What EC2 does and the emulator does not: it gives no more machines than a quota allows, and answers a request whose token it has seen as
 * it answered the first.
 */
import type { CreateFleetCommandInput, CreateFleetCommandOutput, EC2Client } from "@aws-sdk/client-ec2";
import type { Machine } from "../../core/ports/fleet.ts";

export function withQuota(client: EC2Client, most: number, running: () => Promise<readonly Machine[]>): void {
  const answered = new Map<string, Promise<unknown>>();
  let line: Promise<unknown> = Promise.resolve();
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        if (commandName !== "CreateFleetCommand") return next(args);
        const input = args.input as CreateFleetCommandInput;
        const launch = async () => {
          const asked = input.TargetCapacitySpecification?.TotalTargetCapacity ?? 0;
          const given = Math.min(asked, most - (await running()).length);
          const Errors =
            given < asked
              ? [{ ErrorCode: "VcpuLimitExceeded", ErrorMessage: "You have requested more vCPU capacity than your limit." }]
              : [];
          if (given === 0) return { response: {}, output: { $metadata: {}, Instances: [], Errors } };
          const TargetCapacitySpecification = { ...input.TargetCapacitySpecification, TotalTargetCapacity: given };
          const result = await next({ ...args, input: { ...input, TargetCapacitySpecification } as typeof args.input });
          return { ...result, output: { ...(result.output as CreateFleetCommandOutput), Errors } };
        };
        const token = input.ClientToken ?? "";
        // One launch after another, as each counts what is there.
        const answer = answered.get(token) ?? line.then(launch);
        answered.set(token, answer);
        line = answer.catch(() => undefined);
        return (await answer) as Awaited<ReturnType<typeof next>>;
      },
    { step: "initialize" },
  );
}
