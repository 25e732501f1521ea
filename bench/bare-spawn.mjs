// The peer: N processes of a program, so many at a time, from a bare Node.js; prints the milliseconds it took.
// usage: node bare-spawn.mjs <count> <concurrency> <program>
import { spawn } from "node:child_process";

const [count, concurrency, program] = [Number(process.argv[2]), Number(process.argv[3]), process.argv[4]];
const began = performance.now();
let started = 0;
let ended = 0;
const next = () => {
  if (started === count) return;
  started++;
  spawn(program, [], { stdio: "ignore" }).on("exit", () => {
    ended++;
    if (ended === count) console.log((performance.now() - began).toFixed(1));
    else next();
  });
};
for (let i = 0; i < concurrency; i++) next();
