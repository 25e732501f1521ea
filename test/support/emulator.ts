import { readFileSync, writeFileSync } from "node:fs";
import { inject } from "vitest";
import { TEST_AWS } from "./dynamo-table.ts";

/** Where the emulator answers; empty where it is not installed, and its tests are skipped. */
export function emulator(): { readonly url: string; readonly missing: boolean; readonly config: typeof TEST_AWS & { endpoint: string } } {
  const provided = inject("emulator");
  const url = "url" in provided ? provided.url : "";
  return { url, missing: "missing" in provided, config: { ...TEST_AWS, endpoint: url } };
}

/** The emulator's clock, which runs by itself and can be moved on. */
export class EmulatorClock {
  private readonly file: string;

  constructor() {
    const provided = inject("emulator");
    if ("missing" in provided) throw new Error(provided.missing);
    this.file = provided.clockFile;
  }

  now(): number {
    return Date.now() + this.ahead() * 1000;
  }

  advance(milliseconds: number): void {
    writeFileSync(this.file, String(this.ahead() + milliseconds / 1000));
  }

  private ahead(): number {
    try {
      return Number(readFileSync(this.file, "ascii"));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return 0;
      throw error;
    }
  }
}
