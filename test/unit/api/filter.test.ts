import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { matches, onlyId } from "../../../core/api/odata/evaluate.ts";
import { parseFilter } from "../../../core/api/odata/filter.ts";
import { POOL_FILTER, TASK_FILTER } from "../../../core/api/odata/properties.ts";
import { Refusal } from "../../../core/domain/errors.ts";

const TASK = {
  id: "Task-7",
  state: "completed",
  creationTime: "2026-11-24T06:00:00.000Z",
  executionInfo: { exitCode: 3, result: "failure", endTime: "2026-11-24T07:00:00.000Z" },
};

const passes = (filter: string, doc: Record<string, unknown> = TASK) => matches(parseFilter(filter, TASK_FILTER), doc);

describe("a filter", () => {
  it.each([
    ["state eq 'completed'", true],
    ["state eq 'COMPLETED'", true],
    ["state ne 'completed'", false],
    ["id eq 'task-7'", true],
    ["startswith(id,'TASK')", true],
    ["startswith( id , 'b' )", false],
    ["id gt 'task-6' and id lt 'task-8'", true],
    ["executionInfo/exitCode eq 3", true],
    ["executionInfo/exitCode ge 3 and executionInfo/exitCode le 3", true],
    ["executionInfo/exitCode gt -1", true],
    ["executionInfo/result eq 'success' or executionInfo/exitCode ne 0", true],
    ["creationTime gt DateTime'2026-11-24T05:59:59.9999999Z'", true],
    ["creationTime eq datetime'2026-11-24T06:00:00'", true],
    ["creationTime lt DateTime'2026-11-24T06:00:00Z'", false],
    ["executionInfo/startTime eq null", true],
    ["executionInfo/endTime ne null", true],
    ["executionInfo/startTime lt DateTime'2030-01-01T00:00:00Z'", false],
    ["executionInfo/startTime ne DateTime'2030-01-01T00:00:00Z'", true],
    ["not (state eq 'active')", true],
    ["not state eq 'active' and not id eq 'x'", true],
    // `and` binds tighter than `or`.
    ["id eq 'task-7' or id eq 'x' and state eq 'active'", true],
    ["(id eq 'task-7' or id eq 'x') and state eq 'active'", false],
  ])("%s: %s", (filter, expected) => expect(passes(filter)).toBe(expected));

  it("reads a quote doubled in a string", () => expect(passes("id eq 'o''clock'", { id: "o'clock" })).toBe(true));
  it("reads true and false", () => {
    expect(matches(parseFilter("enableAutoScale eq false", POOL_FILTER), { enableAutoScale: false })).toBe(true);
  });

  it.each([
    "",
    " ",
    "state",
    "state eq",
    "state eq completed",
    "state eq 'a",
    "state eq 'a' and",
    "state eq 'a' or or id eq 'b'",
    "state eq 'a' id eq 'b'",
    "(state eq 'a'",
    "state eq 'a')",
    "State eq 'a'",
    "state EQ 'a'",
    "state gt 'a'",
    "startswith(state,'a')",
    "startswith(id)",
    "startswith(id,3)",
    "contains(id,'a')",
    "commandLine eq 'a'",
    "constructor eq 'a'",
    "executionInfo/exitCode eq '3'",
    "executionInfo/exitCode gt null",
    "executionInfo/exitCode eq 3x",
    "creationTime gt '2026-11-24'",
    "creationTime gt DateTime'yesterday'",
    "creationTime gt DateTime'2026-13-24T00:00:00Z'",
    "'a' eq id",
    "id eq 'a'; drop",
  ])("that is %j is refused", (filter) => {
    const refused = catchRefusal(() => parseFilter(filter, TASK_FILTER));
    expect(refused?.code).toBe("InvalidQueryParameterValue");
    expect(refused?.details.Reason).not.toBe("");
  });

  it("of any length is parsed or refused, not a crash", () => {
    for (const filter of ["(".repeat(16_000), "not ".repeat(4_000), Array(3_000).fill("id eq 'a'").join(" and "), "'".repeat(16_001)]) {
      expect(catchRefusal(() => parseFilter(filter, TASK_FILTER))?.code).toBe("InvalidQueryParameterValue");
    }
  });

  it("that pins one id is known to", () => {
    const pinned = (filter: string) => onlyId(parseFilter(filter, TASK_FILTER));
    expect(pinned("id eq 'a'")).toBe("a");
    expect(pinned("state eq 'active' and id eq 'a'")).toBe("a");
    expect(pinned("state eq 'active' or id eq 'a'")).toBeUndefined();
    expect(pinned("not id eq 'a'")).toBeUndefined();
    expect(pinned("id ne 'a'")).toBeUndefined();
  });
});

describe("properties", () => {
  const word = fc.constantFrom(
    "id",
    "state",
    "executionInfo/exitCode",
    "eq",
    "and",
    "or",
    "not",
    "(",
    ")",
    ",",
    "'a'",
    "''",
    "3",
    "null",
    "DateTime'x'",
    "startswith",
    "\u0000",
    "é",
  );

  it("the parser throws nothing but a Refusal", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary" }),
          fc.array(word).map((words) => words.join(" ")),
          fc.array(word).map((words) => words.join("")),
        ),
        (text) => {
          try {
            parseFilter(text, TASK_FILTER);
          } catch (error) {
            expect(error).toBeInstanceOf(Refusal);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("`id eq` agrees with a comparison without case", () => {
    const id = fc.stringMatching(/^[A-Ca-c'_-]{1,4}$/);
    fc.assert(
      fc.property(fc.array(id), id, (ids, wanted) => {
        const filter = parseFilter(`id eq '${wanted.replaceAll("'", "''")}'`, TASK_FILTER);
        const found = ids.filter((one) => matches(filter, { id: one }));
        expect(found).toEqual(ids.filter((one) => one.toLowerCase() === wanted.toLowerCase()));
      }),
    );
  });

  it("what passes a filter is what its negation drops", () => {
    const term = fc.oneof(
      fc
        .record({ op: fc.constantFrom("eq", "ne", "lt", "le", "gt", "ge"), value: fc.integer({ min: -3, max: 3 }) })
        .map(({ op, value }) => `executionInfo/exitCode ${op} ${value}`),
      fc.constantFrom("state eq 'active'", "startswith(id,'a')", "executionInfo/exitCode eq null"),
    );
    const filters = fc
      .array(term, { minLength: 1, maxLength: 6 })
      .chain((terms) =>
        fc
          .array(fc.constantFrom("and", "or"), { minLength: 5, maxLength: 5 })
          .map((joins) => terms.map((text, at) => (at === 0 ? text : `${joins[at - 1]} ${text}`)).join(" ")),
      );
    const docs = fc.record({
      id: fc.constantFrom("a", "b"),
      state: fc.constantFrom("active", "running"),
      executionInfo: fc.record({ exitCode: fc.option(fc.integer({ min: -3, max: 3 }), { nil: undefined }) }),
    });
    fc.assert(
      fc.property(filters, docs, (filter, doc) => {
        expect(passes(`not (${filter})`, doc)).toBe(!passes(filter, doc));
      }),
    );
  });
});

function catchRefusal(run: () => unknown): Refusal | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}
