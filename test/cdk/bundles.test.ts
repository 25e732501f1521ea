import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Metafile } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleLambdas, FUNCTIONS } from "../../scripts/bundle-lambdas.mjs";

const MOST_BYTES = 2_000_000;
const MOST_AT_START = 1_000_000;

let folder: string;
let bundles: Readonly<Record<string, Metafile>>;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "shoal-bundles-"));
  bundles = await bundleLambdas(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function outputs(name: string): Metafile["outputs"] {
  const bundle = bundles[name];
  if (!bundle) throw new Error(`There is no bundle of ${name}.`);
  return bundle.outputs;
}

/** What Node.js parses before the handler can be called: the entry, and what it imports without waiting for a first use. */
function bytesAtStart(name: string): number {
  const files = outputs(name);
  const seen = new Set<string>();
  const visit = (path: string) => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const one of files[path]?.imports ?? []) if (one.kind === "import-statement" && !one.external) visit(one.path);
  };
  visit(Object.keys(files).find((path) => path.endsWith("/index.mjs")) ?? "");
  return [...seen].reduce((sum, path) => sum + (files[path]?.bytes ?? 0), 0);
}

describe.each(FUNCTIONS)("the bundle of %s", (name) => {
  it("is at most 2 MB", () => {
    const bytes = Object.values(outputs(name)).reduce((sum, { bytes }) => sum + bytes, 0);
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThanOrEqual(MOST_BYTES);
  });
  it("has at most 1 MB to parse at a cold start", () => {
    expect(bytesAtStart(name)).toBeGreaterThan(0);
    expect(bytesAtStart(name)).toBeLessThanOrEqual(MOST_AT_START);
  });
});

it("parses nothing of EC2's client before it is used", () => {
  const files = outputs("api");
  const entry = Object.entries(files).find(([path]) => path.endsWith("/index.mjs"))?.[1];
  expect(Object.keys(entry?.inputs ?? {}).filter((path) => path.includes("client-ec2"))).toEqual([]);
});
