import { devNull } from "node:os";
import type { ContainerRegistry } from "../core/domain/specs.ts";
import type { Command } from "./launcher-protocol.ts";
import type { Processes, RunningProcess } from "./process.ts";
import { writeLogin } from "./registry-login.ts";

/** An image and the registry that has it, for the engine of a command. */
export interface ImageToFetch {
  readonly engine: string;
  readonly image: string;
  readonly registry?: ContainerRegistry | undefined;
}

/**
 * Has the engine fetch an image that the node has not, with the registry's credentials where it asks for some. Resolves to whether the node has it then;
 * `onProcess` is given what runs meanwhile, to be killed. What the engine says of a failure goes to the command's stderr.
 */
export async function fetchImage(
  processes: Processes,
  { engine, image, registry }: ImageToFetch,
  command: Omit<Command, "argv" | "stdout">,
  onProcess: (process: RunningProcess) => void = () => {},
): Promise<boolean> {
  const run = async (argv: readonly string[], more: Partial<Command> = {}) => {
    const process = processes.start({ ...command, argv: [engine, ...argv], stdout: devNull, ...more });
    onProcess(process);
    const end = await process.ended;
    return end.kind === "exited" && end.exitCode === 0;
  };
  if (await run(["image", "inspect", image], { stderr: devNull })) return true;
  const login = registry?.password === undefined ? undefined : writeLogin(registry);
  try {
    return await run(["pull", image], login && { env: { ...command.env, ...login.env } });
  } finally {
    login?.remove();
  }
}
