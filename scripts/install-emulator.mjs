/**
 * Installs the emulator of AWS that the tests use, into a Python environment of its own below node_modules/.cache. Does nothing where
 * it is installed already. Needs Python 3.10 or later with its venv module.
 */
import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const VERSION = "1.5.33";
const folder = fileURLToPath(new URL("../node_modules/.cache/emulator", import.meta.url));
const python = `${folder}/bin/python3`;

function run(command, ...args) {
  const { status, error } = spawnSync(command, args, { stdio: "inherit" });
  if (status === 0) return;
  console.error(`${command} ${args.join(" ")} failed${error ? `: ${error.message}` : ` with ${status}`}.`);
  process.exit(1);
}

const probe = ["-c", `import importlib.metadata as m, sys; sys.exit(m.version("ministack") != "${VERSION}")`];
if (existsSync(python) && spawnSync(python, probe, { stdio: "ignore" }).status === 0) process.exit(0);
rmSync(folder, { recursive: true, force: true });
run("python3", "-m", "venv", folder);
run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", `ministack==${VERSION}`);
