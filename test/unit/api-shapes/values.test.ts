import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseHttpDate, parseTime, wireTime } from "../../../core/api/values/timestamp.ts";
import { formatDuration, parseDuration, UNLIMITED } from "../../../core/domain/duration.ts";

describe("durations", () => {
  test.each([
    ["PT1H", 3_600_000],
    ["P1DT30M", 88_200_000],
    ["PT0S", 0],
    ["PT0.5S", 500],
    ["PT1M0.0000001S", 60_000.0001],
    ["P7D", 604_800_000],
  ])("%s is %d ms, both ways", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
    expect(formatDuration(ms)).toBe(text);
  });

  test.each([
    ["PT60M", "PT1H"],
    ["PT24H", "P1D"],
    ["P1W", "P7D"],
    ["P1Y", "P365D"],
    ["P1M", "P30D"],
    ["PT1.500S", "PT1.5S"],
    ["PT59.99999999S", "PT1M"],
  ])("%s is written %s", (text, written) => {
    expect(formatDuration(parseDuration(text) ?? Number.NaN)).toBe(written);
  });

  test.each([UNLIMITED, "P10675199DT2H48M5.477S", "P10675199DT2H48M5.478S", "P10675199DT2H48M5.477581S"])("%s is unlimited", (text) => {
    expect(parseDuration(text)).toBe(Number.POSITIVE_INFINITY);
    expect(formatDuration(Number.POSITIVE_INFINITY)).toBe(UNLIMITED);
  });

  test.each(["", "P", "PT", "1H", "P1H", "-PT1H", "PT1H ", "P1DT", "PT1.S", "pt1h", "P10675200D", `PT${"9".repeat(80)}S`])(
    "%j is no duration",
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );

  test("what is written reads back as it was, to the tenth of a microsecond", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10_000_000_000_000 }), (ticks) => {
        const ms = ticks / 10_000;
        const read = parseDuration(formatDuration(ms)) ?? Number.NaN;
        expect(Math.round(read * 10_000)).toBe(ticks);
        expect(formatDuration(read)).toBe(formatDuration(ms));
      }),
    );
  });
});

describe("times", () => {
  test.each([
    ["2024-07-01T12:00:00.123Z", "2024-07-01T12:00:00.1230000Z"],
    ["2024-07-01T12:00:00Z", "2024-07-01T12:00:00.0000000Z"],
    ["2024-07-01T12:00:00.1234567Z", "2024-07-01T12:00:00.1230000Z"],
    ["2024-07-01T14:00:00+02:00", "2024-07-01T12:00:00.0000000Z"],
    ["2024-07-01T12:00:00", "2024-07-01T12:00:00.0000000Z"],
  ])("%s goes over the wire as %s", (iso, wire) => {
    expect(wireTime(iso)).toBe(wire);
    expect(parseTime(wire)).toBe(parseTime(iso));
  });

  test.each(["", "yesterday", "2024-07-01", "2024-02-30T00:00:00Z", "2024-13-01T00:00:00Z", "2024-07-01T25:00:00Z", "1720000000"])(
    "%j is no time",
    (text) => {
      expect(parseTime(text)).toBeUndefined();
    },
  );

  test.each(["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"])(
    "%s is an HTTP date",
    (text) => {
      expect(parseHttpDate(text)).toBe(Date.UTC(1994, 10, 6, 8, 49, 37));
    },
  );

  test.each(["", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT", "1994-11-06T08:49:37Z"])(
    "%j is no HTTP date",
    (text) => {
      expect(parseHttpDate(text)).toBeUndefined();
    },
  );

  test("every time in milliseconds survives the wire and a header", () => {
    fc.assert(
      fc.property(fc.date({ min: new Date("1970-01-01"), max: new Date("2069-12-31"), noInvalidDate: true }), (date) => {
        expect(parseTime(wireTime(date.toISOString()))).toBe(date.getTime());
        expect(parseHttpDate(date.toUTCString())).toBe(Math.floor(date.getTime() / 1000) * 1000);
      }),
    );
  });
});
