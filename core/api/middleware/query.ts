import { Refusal } from "../../domain/errors.ts";

export type Pair = readonly [name: string, value: string];

/** The query parameters of a request: names and values decoded once, `+` read as a space, in the order sent. */
export class Query {
  private decoded: readonly Pair[] | undefined;

  constructor(readonly raw: string) {}

  /** Throws InvalidUri where the query is not percent-encoded UTF-8. */
  get pairs(): readonly Pair[] {
    this.decoded ??= this.raw.split("&").filter(Boolean).map(pair);
    return this.decoded;
  }

  /** undefined where absent or empty. Throws where the parameter is there twice, as nobody can know which one is meant. */
  get(name: string): string | undefined {
    let found: string | undefined;
    for (const [key, value] of this.pairs) {
      if (key !== name) continue;
      if (found !== undefined) throw invalidParameter(name, value, "The parameter may be given once.");
      found = value;
    }
    return found === "" ? undefined : found;
  }

  /** A whole number between `min` and `max`, both included. */
  integer(name: string, min: number, max: number): number | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    if (!/^-?\d{1,15}$/.test(value)) throw invalidParameter(name, value, "It must be a whole number.");
    const number = Number(value);
    if (number < min || number > max) {
      throw new Refusal("OutOfRangeQueryParameterValue", {
        QueryParameterName: name,
        QueryParameterValue: value,
        MinimumAllowed: String(min),
        MaximumAllowed: String(max),
      });
    }
    return number;
  }

  boolean(name: string): boolean | undefined {
    const value = this.get(name)?.toLowerCase();
    if (value === undefined) return undefined;
    if (value !== "true" && value !== "false") throw invalidParameter(name, value, "It must be true or false.");
    return value === "true";
  }

  /** The query as sent, without one parameter. */
  without(name: string): string {
    return this.raw
      .split("&")
      .filter((part) => part !== "" && pair(part)[0] !== name)
      .join("&");
  }
}

function pair(part: string): Pair {
  const equals = part.indexOf("=");
  return equals < 0 ? [decode(part), ""] : [decode(part.slice(0, equals)), decode(part.slice(equals + 1))];
}

function decode(text: string): string {
  if (!/[%+]/.test(text)) return text;
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    throw new Refusal("InvalidUri", { Reason: "The query is not percent-encoded UTF-8." });
  }
}

export function invalidParameter(name: string, value: string, reason: string): Refusal {
  return new Refusal("InvalidQueryParameterValue", {
    QueryParameterName: name,
    QueryParameterValue: value.slice(0, 256),
    Reason: reason,
  });
}
