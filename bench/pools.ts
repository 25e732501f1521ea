import { readyPool, withSession } from "./session.ts";

const SIZES = [1, 8];
const ROUNDS = 3;

/** From just before a pool is added until each of its nodes is idle. */
export async function pools(say: (line: string) => void): Promise<void> {
  await withSession(async (session) => {
    for (const size of SIZES) {
      const times: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const began = performance.now();
        await readyPool(session, `pool-${size}-${round}`, size, 1);
        times.push(performance.now() - began);
        await session.client.pool.deleteMethod(`pool-${size}-${round}`);
      }
      const shown = times.map((ms) => `${(ms / 1000).toFixed(2)} s`).join(", ");
      say(`pools: added to ${size === 1 ? "its node" : `all ${size} nodes`} idle, ${ROUNDS} times: ${shown}`);
    }
  });
}
