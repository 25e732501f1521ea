/**
 * Flags of Node.js for the two programs of a node, in the order they go on the command line. A small young generation keeps a process
 * small under load; no compiler threads, because each adds pages that a fork has to copy.
 */
export const agentFlags: readonly string[] = ["--max-semi-space-size=1", "--max-old-space-size=64", "--v8-pool-size=1"];
export const launcherFlags: readonly string[] = ["--max-semi-space-size=1", "--max-old-space-size=32", "--v8-pool-size=0"];
