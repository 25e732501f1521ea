import { LmdbEnvironment } from "../../../adapters/embedded/lmdb-environment.ts";
import { LmdbStore } from "../../../adapters/embedded/lmdb-store.ts";

/** A process of its own that opens a data folder: `hold` writes an item and stays, `fill` writes until it is told that there is no room. */
const [folder = "", mode] = process.argv.slice(2);
const say = (message: unknown) => process.stdout.write(`${JSON.stringify(message)}\n`);

async function hold(store: LmdbStore): Promise<void> {
  await store.write({ kind: "insert", item: { pk: "p", sk: "held" } });
  say({ open: true });
  setInterval(() => {}, 60_000);
}

async function fill(store: LmdbStore): Promise<void> {
  const insert = (n: number) => store.write({ kind: "insert", item: { pk: "p", sk: `k${n}`, text: "x".repeat(3_000) } });
  let written = 0;
  for (;;) {
    // Several at once, so that some build on a commit that fails.
    const results = await Promise.allSettled([
      insert(written),
      insert(written + 1),
      store.write({ kind: "delete", key: { pk: "p", sk: "none" } }),
    ]);
    const failed = results.find((result) => result.status === "rejected");
    if (failed) {
      const { name, message, retryable } = failed.reason;
      const small = await store.write({ kind: "update", key: { pk: "p", sk: "k0" }, set: { text: "y" } }).then(
        () => "written",
        () => "refused",
      );
      const kept = (await store.get({ pk: "p", sk: `k${written - 1}` })) !== undefined;
      say({ written, error: { name, message, retryable }, small, kept });
      return;
    }
    written += 2;
  }
}

try {
  const store = new LmdbStore(LmdbEnvironment.open(folder));
  await (mode === "hold" ? hold(store) : fill(store));
  if (mode === "fill") process.exit(0);
} catch (error) {
  const { name, message } = error as Error;
  say({ error: { name, message } });
}
