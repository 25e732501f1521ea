import { InProcessQueue } from "../../adapters/embedded/queue.ts";
import { ManualClock } from "../../adapters/memory/manual-clock.ts";
import { queueContract } from "./queue-contract.ts";

queueContract("the queue in the process", async (kind) => {
  const clock = new ManualClock();
  const queue = new InProcessQueue<string>({ name: "test", clock, timers: clock, log: () => {}, ...kind });
  const deadLetters = async () => {
    const { count, newest } = queue.deadLetters();
    return { count, bodies: newest.map(({ body }) => body) };
  };
  return { queue, clock, advance: (ms) => clock.advance(ms), deadLetters, close: async () => {} };
});
