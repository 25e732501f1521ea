import { batch2017 } from "./batch-2017.ts";
import { batch2020 } from "./batch-2020.ts";
import { batch2022 } from "./batch-2022.ts";

export { type Account, type Answer, type Client, type Doc, wire } from "./client.ts";

/** The official clients, the oldest first. */
export const CLIENTS = [
  ["azure-batch 0.6.0, API 2017-01-01.4.0", batch2017],
  ["azure-batch 9.0.0, API 2020-03-01.11.0", batch2020],
  ["@azure/batch 10.2.0, API 2022-10-01.16.0", batch2022],
] as const;
