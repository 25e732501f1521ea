// Stands for an agent: reads its configuration, says in its root that it has it, and runs until it is told to end.
import { writeFileSync } from "node:fs";
import { createInterface } from "node:readline";

const lines = createInterface({ input: process.stdin });
let configured = false;
lines.on("line", (line) => {
  configured = true;
  const { root, ...rest } = JSON.parse(line);
  writeFileSync(`${root}/configuration.json`, JSON.stringify({ ...rest, root }));
  console.log("configured");
  setInterval(() => {}, 60_000);
});
lines.on("close", () => {
  if (!configured) process.exit(64);
});
process.on("SIGTERM", () => {
  if (process.env.TINY_AGENT_STUBBORN !== "yes") process.exit(0);
});
