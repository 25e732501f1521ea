import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { VERSIONS } from "../../../core/api/versions/versions.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const descriptions = join(root, "../shared/reference/azure-batch");

describe.skipIf(!existsSync(descriptions))(`optional: the published descriptions, in ${descriptions},`, () => {
  test("give the shapes that are checked in", () => {
    const folder = mkdtempSync(join(tmpdir(), "shoal-shapes-"));
    try {
      const file = join(folder, "shapes.json");
      execFileSync(process.execPath, [join(root, "scripts/generate-shapes.mjs"), descriptions, file]);
      expect(readFileSync(file, "utf8")).toBe(readFileSync(join(root, "core/api/shapes/shapes.json"), "utf8"));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("are of the versions that the service speaks", () => {
    const published = readdirSync(descriptions).flatMap((file) => /^data-plane-(.+)\.json$/.exec(file)?.[1] ?? []);
    expect(published.sort()).toEqual([...VERSIONS]);
  });
});
