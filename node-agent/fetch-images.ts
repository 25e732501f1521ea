import { devNull } from "node:os";
import type { ContainerConfiguration } from "../core/domain/specs.ts";
import { findEngine } from "./container.ts";
import type { NodeDisk } from "./directories.ts";
import type { Environment } from "./environment.ts";
import { fetchImage } from "./fetch-image.ts";
import { type Log, messageOf } from "./log.ts";
import type { Processes, RunningProcess } from "./process.ts";
import { registryOf } from "./registry-login.ts";
import type { Time } from "./time.ts";

/** All images of a pool together may take so long; a node does not wait for more. */
const LONGEST_MS = 15 * 60_000;

interface FetchingWorld {
  readonly disk: Pick<NodeDisk, "root" | "findProgram">;
  readonly processes: Processes;
  readonly environment: Environment;
  readonly time: Time;
}

/**
 * Fetches the images of a pool, one after the other, so that the first tasks need not. Resolves when that is over, at the latest after a quarter of an hour. What
 * could not be fetched is logged: a task that needs it has the engine try again, and fails with its words.
 */
export async function fetchImages(configuration: ContainerConfiguration, world: FetchingWorld, log: Log): Promise<void> {
  const { containerImageNames: images = [], containerRegistries: registries = [] } = configuration;
  const { disk, processes, environment, time } = world;
  let current: RunningProcess | undefined;
  let late = false;
  const cancel = time.after(LONGEST_MS, () => {
    late = true;
    current?.kill();
  });
  try {
    for (const image of images) {
      if (late) break;
      const { engine, file } = findEngine(disk, environment, disk.root);
      const command = { file, cwd: disk.root, env: environment, stderr: devNull };
      const fetched = await fetchImage(processes, { engine, image, registry: registryOf(image, registries) }, command, (process) => {
        current = process;
        if (late) process.kill();
      });
      if (!fetched) log("warn", "image-not-fetched", { image });
    }
  } catch (error) {
    log("warn", "images-not-fetched", { error: messageOf(error) });
  } finally {
    cancel();
  }
}
