import type { TestWorld } from "./world.ts";

/** Lets the world live until then (milliseconds since the epoch), from one message that is due to the next; nodes say nothing meanwhile. */
export async function liveUntil(world: TestWorld, then: number): Promise<void> {
  await world.settle();
  for (;;) {
    const next = Math.min(...world.later.map(({ at }) => at));
    if (next > then) break;
    await world.clock.advance(Math.max(0, next - world.clock.now()));
    await world.settle();
  }
  await world.clock.advance(then - world.clock.now());
}
