import type { Metafile } from "esbuild";
export const FUNCTIONS: readonly string[];
export function bundleLambdas(folder?: string): Promise<Readonly<Record<string, Metafile>>>;
