/**
 * Flags of Node.js for the two programs of a node, in the order they go on the command line. Neither computes much: a small young generation,
 * no compiled code and no helper threads keep them small, and a fork has fewer pages to copy.
 */
const small = ["--max-semi-space-size=1", "--single-threaded"];
/** Without compiled code there is no WebAssembly, which Node.js 22 and later need to import their own HTTP modules. */
const lean = Number.parseInt(process.versions.node, 10) < 22 ? [...small, "--lite-mode", "--no-expose-wasm"] : small;

/** The limit leaves room for the longest line that the control plane may send. */
export const agentFlags: readonly string[] = [...lean, "--max-old-space-size=64"];
export const launcherFlags: readonly string[] = [...lean, "--max-old-space-size=32"];
