import { join } from "node:path";
import { assertExhaustive } from "../core/domain/exhaustive.ts";
import type { ContainerMount, ContainerRegistry, ContainerSettings } from "../core/domain/specs.ts";
import { CommandLineError, splitCommandLine } from "./command-line.ts";
import type { NodeDisk, TaskDirectories } from "./directories.ts";
import type { Environment } from "./environment.ts";
import { launchFailed, TaskFailure, userError } from "./failures.ts";
import type { ImageToFetch } from "./fetch-image.ts";
import { registryOf } from "./registry-login.ts";

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
  /** To be fetched before, as its registry asks for a password; any other the engine fetches by itself. */
  readonly fetch?: ImageToFetch;
}

export interface ContainerCommand {
  readonly settings: ContainerSettings;
  /** The command and its arguments, inside the container. */
  readonly argv: readonly string[];
  /** Of no other container on the machine. */
  readonly name: string;
  readonly env: Environment;
  readonly directories: TaskDirectories;
  /** Of the pool: for images of tasks that name none. */
  readonly registries?: readonly ContainerRegistry[] | undefined;
}
type ContainerDisk = Pick<NodeDisk, "findProgram" | "root" | "shared" | "startup" | "mounts">;

/**
 * Wraps a command so that Docker, or Podman, runs it: the node's directories are there under their own paths, the task's environment too. Throws
 * {@link TaskFailure} where the node has neither.
 */
export function contain(disk: ContainerDisk, command: ContainerCommand): Contained {
  const { settings, argv, name, env, directories, registries = [] } = command;
  const { engine, file } = findEngine(disk, env, directories.working);
  const inside = settings.workingDirectory === "containerImageDefault" ? [] : ["--workdir", directories.working];
  const registry = settings.registry ?? registryOf(settings.imageName, registries);
  const names = Object.keys(env).filter((one) => !OF_NODE.has(one));
  return {
    file,
    argv: [
      engine,
      "run",
      "--rm",
      "--name",
      name,
      ...volumes(disk, command),
      ...inside,
      // Without a value the engine takes its own, so that no value stands in a list of processes.
      ...names.flatMap((one) => ["--env", one]),
      ...splitOptions(settings.containerRunOptions),
      settings.imageName,
      ...argv,
    ],
    end: [engine, "rm", "--force", name],
    ...(registry?.password !== undefined && { fetch: { engine, image: settings.imageName, registry } }),
  };
}

/** All of the node's directories, or those that the settings name, which may be none. */
function volumes(disk: ContainerDisk, { settings, directories, env }: ContainerCommand): string[] {
  const mounts = settings.containerHostBatchBindMounts ?? [{ source: undefined }];
  return mounts.flatMap((mount) => {
    const path = mount.source === undefined ? disk.root : pathOf(disk, mount.source, directories, env);
    const readOnly = "isReadOnly" in mount && mount.isReadOnly === true;
    return path === undefined ? [] : ["--volume", `${path}:${path}${readOnly ? ":ro" : ""}`];
  });
}

/** undefined where the node has no such directory: a job without preparation has none for it. */
function pathOf(disk: ContainerDisk, source: ContainerMount, { directory }: TaskDirectories, env: Environment): string | undefined {
  switch (source) {
    case "Shared":
      return disk.shared;
    case "Startup":
      return disk.startup;
    case "VfsMounts":
      return disk.mounts;
    case "Task":
      return directory;
    case "JobPrep":
      return env.AZ_BATCH_JOB_PREP_DIR;
    case "Applications":
      return join(disk.root, "applications");
    default:
      return assertExhaustive(source);
  }
}

export function findEngine(disk: Pick<NodeDisk, "findProgram">, env: Environment, cwd: string): { engine: string; file: string } {
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
