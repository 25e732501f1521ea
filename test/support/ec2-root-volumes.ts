import type { CreateReplaceRootVolumeTaskCommandInput, EC2Client } from "@aws-sdk/client-ec2";

/** Takes requests for new root volumes in the place of EC2, which the emulator does not know; answers the instances that they were of. */
export function withRootVolumes(client: EC2Client): string[] {
  const replaced: string[] = [];
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        if (commandName !== "CreateReplaceRootVolumeTaskCommand") return next(args);
        const { InstanceId = "", DeleteReplacedRootVolume } = args.input as CreateReplaceRootVolumeTaskCommandInput;
        if (!DeleteReplacedRootVolume) throw new Error("The old volume would stay, and cost.");
        replaced.push(InstanceId);
        const output = { $metadata: {}, ReplaceRootVolumeTask: { InstanceId, TaskState: "pending" } };
        return { response: {}, output: output as never };
      },
    { step: "initialize" },
  );
  return replaced;
}
