const CORE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const DATE_TIME = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:\d\d)?(\.\d{1,9})?(Z|[+-]\d\d:\d\d)?$/i;

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const IMF_FIXDATE = /^[A-Z][a-z]{2}, (?<day>\d\d) (?<month>[A-Z][a-z]{2}) (?<year>\d{4}) (?<time>\d\d:\d\d:\d\d) GMT$/;
const RFC_850 = /^[A-Z][a-z]{5,8}, (?<day>\d\d)-(?<month>[A-Z][a-z]{2})-(?<year>\d\d) (?<time>\d\d:\d\d:\d\d) GMT$/;
const ASCTIME = /^[A-Z][a-z]{2} (?<month>[A-Z][a-z]{2}) (?<day>[ \d]\d) (?<time>\d\d:\d\d:\d\d) (?<year>\d{4})$/;

/** A time as the wire carries it, with 7 fraction digits, of one as core stores it (an ISO 8601 time in UTC). */
export function wireTime(iso: string): string {
  if (CORE.test(iso)) return `${iso.slice(0, 23)}0000Z`;
  const ms = parseTime(iso);
  if (ms === undefined) throw new RangeError(`not a time: ${iso}`);
  return `${new Date(ms).toISOString().slice(0, 23)}0000Z`;
}

/** Milliseconds since the epoch of an ISO 8601 date-time, in UTC when it names no offset; `undefined` for what is none. */
export function parseTime(text: string): number | undefined {
  const parts = DATE_TIME.exec(text);
  if (!parts) return undefined;
  const [, date = "", time = "", seconds = ":00", fraction = "", offset = "Z"] = parts;
  return isDay(date) ? finite(Date.parse(`${date}T${time}${seconds}${fraction}${offset.toUpperCase()}`)) : undefined;
}

/** Milliseconds since the epoch of a date as HTTP headers carry it, in any of the three forms of RFC 9110; `undefined` for what is none. */
export function parseHttpDate(text: string): number | undefined {
  const groups = (IMF_FIXDATE.exec(text) ?? RFC_850.exec(text) ?? ASCTIME.exec(text))?.groups;
  if (!groups) return undefined;
  const { day = "", month = "", year = "", time = "" } = groups;
  const number = MONTHS.indexOf(month) + 1;
  if (number === 0) return undefined;
  const date = `${fullYear(year)}-${String(number).padStart(2, "0")}-${day.replace(" ", "0")}`;
  return isDay(date) ? finite(Date.parse(`${date}T${time}Z`)) : undefined;
}

/** A year of two digits is one of 1970 to 2069: such dates come from old clients only. */
function fullYear(year: string): string {
  if (year.length === 4) return year;
  return Number(year) >= 70 ? `19${year}` : `20${year}`;
}

/** Date.parse takes the 31st of February for the 2nd or 3rd of March. */
function isDay(date: string): boolean {
  const ms = Date.parse(`${date}T00:00:00Z`);
  return Number.isFinite(ms) && new Date(ms).toISOString().startsWith(date);
}

function finite(ms: number): number | undefined {
  return Number.isFinite(ms) ? ms : undefined;
}
