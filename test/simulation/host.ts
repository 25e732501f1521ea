import { type Outcome, type Store, StoreError, type Write } from "../../core/ports/store.ts";
import type { Faults } from "./faults.ts";
import type { Loop } from "./loop.ts";
import type { Random } from "./random.ts";
import type { Trace } from "./trace.ts";

/** What hosts share. */
export interface HostWorld {
  readonly loop: Loop;
  readonly random: Random;
  readonly faults: Faults;
  readonly trace: Trace;
}

/** Nothing comes after this: what a dead program waits for. */
const NEVER = new Promise<never>(() => {});

/**
 * Where one handler runs once, as in a Lambda: every call to the world outside takes time, may go wrong, and may be the last. When the host dies
 * nothing of the handler goes on, in none of its branches.
 */
export class Host {
  alive = true;

  constructor(
    readonly name: string,
    private readonly world: HostWorld,
    private readonly onDeath: () => void,
  ) {}

  /** One call: `effect` happens, if it does, at one moment between the request and the answer. */
  call<T>(what: string, store: boolean, effect: () => Promise<T>, partial: () => Promise<unknown> = effect): Promise<T> {
    if (!this.alive) return NEVER;
    const { loop, random, faults, trace } = this.world;
    const fate = faults.ofCall(store);
    return new Promise((resolve, reject) => {
      const there = random.logarithmic(0.2, 8);
      const back = random.logarithmic(0.2, 8);
      loop.after(there, () => {
        if (!this.alive) return;
        if (fate === "killed-before") return this.die(`before ${what}`);
        if (fate === "throttled") {
          trace.say(this.name, `${what}: throttled`);
          return void loop.after(back, () => this.alive && reject(new StoreError("throttled", true)));
        }
        if (fate === "ambiguous") {
          trace.say(this.name, `${what}: no answer came`);
          void partial().then(() => loop.after(back, () => this.alive && reject(new StoreError("timed out", true))));
          return;
        }
        void effect().then(
          (value) => (fate === "killed-after" ? this.die(`after ${what}`) : loop.after(back, () => this.alive && resolve(value))),
          (error: unknown) => loop.after(back, () => this.alive && reject(error)),
        );
      });
    });
  }

  die(where: string): void {
    if (!this.alive) return;
    this.alive = false;
    this.world.trace.say(this.name, `KILLED ${where}`);
    this.onDeath();
  }
}

/** The store as seen from a host. */
export function storeOn(host: Host, store: Store, world: HostWorld): Store {
  return {
    get: (key) => host.call(`get ${key.pk}/${key.sk}`, true, () => store.get(key)),
    getMany: (keys) => host.call(`getMany ${keys.length}`, true, () => store.getMany(keys)),
    query: (query) => host.call(`query ${query.pk}`, true, () => store.query(query)),
    write: (write) => host.call(describe(write), true, () => logged(host, world, [write], store.write(write))),
    batch: (writes) =>
      host.call(
        `batch of ${writes.length}`,
        true,
        () => logged(host, world, writes, store.batch(writes)),
        () => {
          const some = writes.filter(() => world.faults.tookEffect());
          return some.length > 0 ? logged(host, world, some, store.batch(some)) : Promise.resolve([]);
        },
      ),
    transact: (writes) => host.call(`transact ${writes.length}`, true, () => store.transact(writes)),
  };
}

async function logged<R extends Outcome | Outcome[]>(
  host: Host,
  world: HostWorld,
  writes: readonly Write[],
  result: Promise<R>,
): Promise<R> {
  const outcomes = await result;
  for (const [index, outcome] of [outcomes].flat().entries()) {
    const write = writes[index];
    if (write) world.trace.say(host.name, `${describe(write)} -> ${outcome.ok ? "ok" : outcome.reason}`);
  }
  return outcomes;
}

function describe(write: Write): string {
  const key = write.kind === "insert" ? write.item : write.key;
  const state = write.kind === "update" && typeof write.set?.state === "string" ? ` to ${write.set.state}` : "";
  return `${write.kind} ${key.pk}/${key.sk}${state}`;
}
