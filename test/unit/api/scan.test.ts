import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_SCANNED, scan } from "../../../core/api/odata/scan.ts";
import type { PageRequest } from "../../../core/services/context.ts";

/** A listing of the numbers below `count`, whose pages hold at most `most`. */
function numbers(count: number, most = Number.POSITIVE_INFINITY) {
  const requests: PageRequest[] = [];
  const read = async (request: PageRequest) => {
    requests.push(request);
    const start = request.after === undefined ? 0 : Number(request.after) + 1;
    const end = Math.min(count, start + Math.min(request.limit, most));
    const items = Array.from({ length: end - start }, (_, index) => start + index);
    return end < count ? { items, next: String(end - 1) } : { items };
  };
  return { read, requests };
}

async function readAll(read: ReturnType<typeof numbers>["read"], passes: (item: number) => boolean, limit: number) {
  const pages: number[][] = [];
  let after: string | undefined;
  do {
    const page = await scan(read, passes, after, limit);
    pages.push([...page.items]);
    after = page.next;
  } while (after !== undefined);
  return pages;
}

describe("a filtered listing", () => {
  it("gives each item that passes once, in order, in pages of at most the limit", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(3000),
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 30, max: 2000 }),
        async (count, modulo, limit, most) => {
          const passes = (item: number) => item % modulo === 0;
          const pages = await readAll(numbers(count, most).read, passes, limit);
          expect(pages.flat()).toEqual(Array.from({ length: count }, (_, item) => item).filter(passes));
          expect(Math.max(...pages.map((page) => page.length))).toBeLessThanOrEqual(limit);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("stops after a bounded number of items, with a link to go on", async () => {
    const { read, requests } = numbers(1_000_000);
    const page = await scan(read, () => false, undefined, 100);
    expect(page).toEqual({ items: [], next: String(MAX_SCANNED - 1) });
    expect(requests.length).toBe(MAX_SCANNED / 1000);
  });

  it("reads few chunks for a page that is full at once", async () => {
    const { read, requests } = numbers(1_000_000);
    const page = await scan(read, () => true, undefined, 5);
    expect(page).toEqual({ items: [0, 1, 2, 3, 4], next: "4" });
    expect(requests).toHaveLength(2);
  });

  it("loses nothing where items change between two readings", async () => {
    let readings = 0;
    const { read } = numbers(3000);
    // Between the reading that finds too many and the one that is cut, more items pass.
    const passes = (item: number) => (readings < 2 ? item % 2 === 0 : true);
    const page = await scan(
      (request) => {
        readings++;
        return read(request);
      },
      passes,
      undefined,
      10,
    );
    expect(page.items).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(page.next).toBe("9");
  });
});
