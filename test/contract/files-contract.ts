import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { FileStore } from "../../core/ports/files.ts";

export interface OpenFiles {
  readonly files: FileStore;
  /** The longest name that it takes in the container `a-b-3`; Azure's 1,024 unless said otherwise. */
  readonly maxNameBytes?: number;
  close(): Promise<void>;
}

/** The promises of the file store port. */
export function filesContract(name: string, make: () => Promise<OpenFiles>): void {
  describe(`${name} keeps the file store's promises`, () => {
    let open: OpenFiles;
    let files: FileStore;
    beforeEach(async () => {
      open = await make();
      files = open.files;
    });
    afterEach(() => open.close());

    const put = (file: string, text: string, container = "box") => files.put(container, file, Buffer.from(text));
    const text = async (file: string, range?: { start: number; end?: number }) => readText(await files.read("box", file, range));

    it("gives back what was put, with its size and content type", async () => {
      const before = Date.now() - 1_000;
      const stat = await files.put("box", "a/b.txt", Buffer.from("héllo"), "text/plain");
      expect(stat).toMatchObject({ name: "a/b.txt", size: 6, contentType: "text/plain" });
      expect(Date.parse(stat.lastModified)).toBeGreaterThan(before);
      expect(await files.stat("box", "a/b.txt")).toEqual(stat);
      expect(await text("a/b.txt")).toBe("héllo");
      expect(await put("plain", "x")).toMatchObject({ contentType: "application/octet-stream" });
      expect(await put("empty", "")).toMatchObject({ size: 0 });
      expect(await text("empty")).toBe("");
    });

    it("knows nothing of files and containers that are not there", async () => {
      await put("a", "x");
      for (const [container, file] of [
        ["box", "b"],
        ["other", "a"],
        ["box", "a/b"],
        ["NO", "a"],
        ["..", "a"],
        ["box", ""],
      ] as const) {
        expect(await files.stat(container, file)).toBeUndefined();
        expect(await files.read(container, file)).toBeUndefined();
        expect(await files.remove(container, file)).toBe(false);
      }
      expect(await files.list("other", { limit: 10 })).toEqual({ files: [] });
      expect(await files.list("..", { limit: 10 })).toEqual({ files: [] });
    });

    it("refuses names that Azure Storage refuses", async () => {
      for (const container of ["", "ab", "a".repeat(64), "Box", "a_b", "-box", "box-", "b--x", "..", "a/b"]) {
        await expect(put("a", "x", container), container).rejects.toThrow(RangeError);
      }
      for (const file of ["", "x".repeat(1025)]) await expect(put(file, "x")).rejects.toThrow(RangeError);
      const longest = open.maxNameBytes ?? 1024;
      await put("x".repeat(longest), "x", "a-b-3");
      await expect(put("x".repeat(longest + 1), "x", "a-b-3")).rejects.toThrow(RangeError);
    });

    it("streams both ways, megabytes at a time", async () => {
      const chunk = new Uint8Array(100_000).map((_, n) => n % 251);
      let sent = 0;
      const body = new ReadableStream<Uint8Array>({
        pull(controller) {
          if (sent++ < 30) controller.enqueue(chunk);
          else controller.close();
        },
      });
      expect((await files.put("box", "big", body)).size).toBe(3_000_000);
      let size = 0;
      for await (const part of (await files.read("box", "big")) ?? []) {
        for (const [n, byte] of part.entries()) if (byte !== ((size + n) % 100_000) % 251) throw new Error(`wrong byte at ${size + n}`);
        size += part.length;
      }
      expect(size).toBe(3_000_000);
    });

    it("keeps nothing of a body that breaks off, and what was there before", async () => {
      await put("a", "before");
      const broken = () =>
        new ReadableStream<Uint8Array>({
          pull(controller) {
            controller.enqueue(Buffer.from("half"));
            controller.error(new Error("broken off"));
          },
        });
      await expect(files.put("box", "a", broken())).rejects.toThrow("broken off");
      await expect(files.put("box", "b", broken())).rejects.toThrow("broken off");
      expect(await text("a")).toBe("before");
      expect((await files.list("box", { limit: 10 })).files.map(({ name: file }) => file)).toEqual(["a"]);
    });

    it("reads ranges, the end included, and no further than the file", async () => {
      await put("a", "0123456789");
      expect(await text("a", { start: 2, end: 4 })).toBe("234");
      expect(await text("a", { start: 7 })).toBe("789");
      expect(await text("a", { start: 8, end: 99 })).toBe("89");
      expect(await text("a", { start: 0, end: 0 })).toBe("0");
      expect(await text("a", { start: 10 })).toBe("");
    });

    it("puts the new in the place of the old, and who reads the old reads it to its end", async () => {
      await put("a", "old".repeat(100_000));
      const reading = (await files.read("box", "a"))?.getReader();
      const first = await reading?.read();
      await put("a", "new");
      expect(await text("a")).toBe("new");
      let size = first?.value?.length ?? 0;
      for (let part = await reading?.read(); part && !part.done; part = await reading?.read()) size += part.value.length;
      expect(size).toBe(300_000);
    });

    it("removes, once", async () => {
      await put("a", "x");
      expect(await files.remove("box", "a")).toBe(true);
      expect(await files.remove("box", "a")).toBe(false);
      expect(await files.stat("box", "a")).toBeUndefined();
      expect(await files.list("box", { limit: 10 })).toEqual({ files: [] });
    });

    it("takes any name, also one that begins others, and lists in the order of the names' bytes, page by page", async () => {
      const names = [
        "%41",
        "..",
        "../up",
        "/",
        "/a",
        "A",
        "A/",
        "A/b",
        "A//b",
        "A-b",
        "a",
        "a.txt",
        "con",
        "x:y",
        "x\\y",
        "a?b#c",
        "é",
        "ﬁ",
        "😀",
        "~".repeat(600),
      ];
      names.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      for (const file of [...names].reverse()) await put(file, file);
      await put("elsewhere", "x", "box2");
      for (const file of names) expect(await text(file)).toBe(file);
      for (const limit of [1, 3, names.length, 100]) expect(await listAll(files, { limit })).toEqual(names);
      expect(await listAll(files, { limit: 2, prefix: "A" })).toEqual(names.filter((file) => file.startsWith("A")));
      expect(await listAll(files, { limit: 2, prefix: "A/" })).toEqual(["A/", "A//b", "A/b"]);
      expect((await files.list("box", { limit: 2, after: "A/0" })).files[0]?.name).toBe("A/b");
      expect(await listAll(files, { limit: 2, prefix: "zz" })).toEqual([]);
    });

    it("does as a plain map does, whatever the names", async () => {
      const file = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }).filter((one) => !one.includes("\0"));
      const steps = fc.array(fc.record({ file, bytes: fc.uint8Array({ maxLength: 20 }), remove: fc.boolean() }), { maxLength: 8 });
      let world = 0;
      await fc.assert(
        fc.asyncProperty(steps, async (all) => {
          const container = `world-${world++}`;
          const model = new Map<string, Uint8Array>();
          for (const { file: one, bytes, remove } of all) {
            if (remove) expect(await files.remove(container, one)).toBe(model.delete(one));
            else model.set(one, (await files.put(container, one, bytes)) && bytes);
          }
          const names = [...model.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
          expect((await files.list(container, { limit: 100 })).files.map(({ name: one }) => one)).toEqual(names);
          for (const [one, bytes] of model) expect(await readText(await files.read(container, one))).toBe(Buffer.from(bytes).toString());
        }),
        { numRuns: 25 },
      );
    });

    it("gives out URLs for a file and for a container", () => {
      expect(new URL(files.urlFor("box", "a/b.txt", ["read"], 60)).pathname).toMatch(/\/box\/a\/b\.txt$/);
      expect(new URL(files.urlFor("box", undefined, ["read", "list"], 60)).pathname).toMatch(/\/box$/);
      expect(files.urlFor("box", "a", ["read"], 60)).not.toBe(files.urlFor("box", "a", ["write"], 60));
    });
  });
}

async function readText(stream: ReadableStream<Uint8Array> | undefined): Promise<string | undefined> {
  return stream && new Response(stream).text();
}

async function listAll(files: FileStore, options: { prefix?: string; limit: number }): Promise<string[]> {
  const names: string[] = [];
  let after: string | undefined;
  do {
    const page = await files.list("box", { ...options, ...(after === undefined ? {} : { after }) });
    expect(page.files.length).toBeLessThanOrEqual(options.limit);
    names.push(...page.files.map(({ name }) => name));
    after = page.next;
  } while (after !== undefined);
  return names;
}
