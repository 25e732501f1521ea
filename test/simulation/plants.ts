import type { Cluster } from "./cluster.ts";

/** A bug, planted into a cluster before it runs. */
export type Plant = (cluster: Cluster) => void;
