/** No limit: the greatest duration that the wire can carry. */
export const UNLIMITED = "P10675199DT2H48M5.4775807S";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const UNLIMITED_MS = 922_337_203_685_477.6;
const TICKS_PER_MS = 10_000;

const ISO = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;

/**
 * Milliseconds of an ISO 8601 duration, `Infinity` for {@link UNLIMITED}, `undefined` for what is no duration. A year counts 365 days and
 * a month 30, as .NET does. Negative durations mean nothing in this API and are none.
 */
export function parseDuration(text: string): number | undefined {
  if (text === UNLIMITED) return Number.POSITIVE_INFINITY;
  if (text.length < 3 || text.length > 64) return undefined;
  const parts = ISO.exec(text);
  if (!parts) return undefined;
  const part = (index: number) => Number(parts[index] ?? 0);
  const days = part(1) * 365 + part(2) * 30 + part(3) * 7 + part(4);
  const ms = days * DAY + part(5) * HOUR + part(6) * MINUTE + part(7) * SECOND;
  // Clients that count in milliseconds or microseconds round the fraction of UNLIMITED, in either direction.
  if (ms > UNLIMITED_MS - SECOND) return ms < UNLIMITED_MS + SECOND ? Number.POSITIVE_INFINITY : undefined;
  return ms;
}

/** The duration as .NET's XmlConvert writes it: days and below, parts that are zero left out, at most 7 fraction digits. */
export function formatDuration(ms: number): string {
  if (ms > UNLIMITED_MS - SECOND) return UNLIMITED;
  const ticks = Math.round((ms % SECOND) * TICKS_PER_MS);
  const whole = Math.floor(ms / SECOND) * SECOND + (ticks === SECOND * TICKS_PER_MS ? SECOND : 0);
  const fraction = ticks % (SECOND * TICKS_PER_MS);
  const days = Math.floor(whole / DAY);
  const hours = Math.floor((whole % DAY) / HOUR);
  const minutes = Math.floor((whole % HOUR) / MINUTE);
  const seconds = Math.floor((whole % MINUTE) / SECOND);
  let time = "";
  if (hours > 0) time += `${hours}H`;
  if (minutes > 0) time += `${minutes}M`;
  if (seconds > 0 || fraction > 0) {
    time += fraction > 0 ? `${seconds}.${String(fraction).padStart(7, "0").replace(/0+$/, "")}S` : `${seconds}S`;
  }
  if (days === 0 && time === "") return "PT0S";
  return `P${days > 0 ? `${days}D` : ""}${time === "" ? "" : `T${time}`}`;
}

/** Milliseconds of a duration that was checked when it came in; Infinity where there is none. */
export function durationMs(text: string | undefined): number {
  if (text === undefined) return Number.POSITIVE_INFINITY;
  const ms = parseDuration(text);
  if (ms === undefined) throw new TypeError(`not a duration: ${text}`);
  return ms;
}
