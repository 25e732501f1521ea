import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LmdbEnvironment } from "../../adapters/embedded/lmdb-environment.ts";
import { LmdbStore } from "../../adapters/embedded/lmdb-store.ts";
import { storeContract } from "./store-contract.ts";

storeContract("the store in LMDB", async () => {
  const folder = await mkdtemp(join(tmpdir(), "shoal-store-"));
  const environment = LmdbEnvironment.open(folder);
  const close = async () => {
    await environment.close();
    await rm(folder, { recursive: true });
  };
  return { store: new LmdbStore(environment), close };
});
