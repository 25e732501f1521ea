import type { ContainerSettings } from "../core/domain/specs.ts";
import { CommandLineError, splitCommandLine } from "./command-line.ts";
import type { NodeDisk, TaskDirectories } from "./directories.ts";
import type { Environment } from "./environment.ts";
import { launchFailed, TaskFailure, userError } from "./failures.ts";

const ENGINES = ["docker", "podman"];
/** What both engines exit with where they could not run the container at all. */
export const ENGINE_FAILED = 125;
/** A node's own settings, which mean nothing inside an image. */
const OF_NODE = new Set(["PATH", "LANG", "LC_ALL", "TZ", "USER", "LOGNAME", "TMPDIR", "HOME"]);

/** A task's command in a container: what to start for it, and what to start to end it. */
export interface Contained {
  readonly file: string;
  readonly argv: readonly string[];
  readonly end: readonly string[];
}

export interface ContainerCommand {
  readonly settings: ContainerSettings;
  /** The command and its arguments, inside the container. */
  readonly argv: readonly string[];
  /** Of no other container on the machine. */
  readonly name: string;
  readonly env: Environment;
  readonly directories: TaskDirectories;
}

/**
 * Wraps a command so that Docker, or Podman, runs it: the node's directories are there under their own paths, the task's environment too. Throws
 * {@link TaskFailure} where the node has neither.
 */
export function contain(disk: Pick<NodeDisk, "findProgram" | "root">, command: ContainerCommand): Contained {
  const { settings, argv, name, env, directories } = command;
  const { engine, file } = findEngine(disk, env, directories.working);
  const inside = settings.workingDirectory === "containerImageDefault" ? [] : ["--workdir", directories.working];
  const names = Object.keys(env).filter((one) => !OF_NODE.has(one));
  return {
    file,
    argv: [
      engine,
      "run",
      "--rm",
      "--name",
      name,
      "--volume",
      `${disk.root}:${disk.root}`,
      ...inside,
      // Without a value the engine takes its own, so that no value stands in a list of processes.
      ...names.flatMap((one) => ["--env", one]),
      ...splitOptions(settings.containerRunOptions),
      settings.imageName,
      ...argv,
    ],
    end: [engine, "rm", "--force", name],
  };
}

function findEngine(disk: Pick<NodeDisk, "findProgram">, env: Environment, cwd: string): { engine: string; file: string } {
  for (const engine of ENGINES) {
    try {
      return { engine, file: disk.findProgram(engine, env, cwd) };
    } catch (error) {
      if (!(error instanceof TaskFailure)) throw error;
    }
  }
  const message = "The task asks for a container, and the node has neither docker nor podman in the task's PATH. Install one on the nodes.";
  throw new TaskFailure(userError("ContainerEngineNotFound", message));
}

function splitOptions(options: string | undefined): string[] {
  if (options === undefined || options.trim() === "") return [];
  try {
    return splitCommandLine(options, process.platform === "win32" ? "windows" : "posix");
  } catch (error) {
    if (error instanceof CommandLineError) throw new TaskFailure(launchFailed(`its containerRunOptions cannot be read: ${error.message}`));
    throw error;
  }
}
