import { parseTime } from "../values/timestamp.ts";

export type Literal =
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "boolean"; readonly value: boolean }
  /** Milliseconds since the epoch. */
  | { readonly kind: "time"; readonly value: number }
  | { readonly kind: "null"; readonly value: null };

export type Token = Literal | { readonly kind: "name"; readonly value: string } | { readonly kind: "(" | ")" | "," | "end" };

/** What is wrong with a filter, in words for the client. */
export class FilterSyntaxError extends Error {}

/** Space, or one token: punctuation, a string, a time, a number, a name. */
const TOKEN = /\s+|([(),])|'((?:[^']|'')*)'|datetime'([^']*)'|(-?\d+(?:\.\d+)?)(?![\w.])|([a-z_][\w/]*)/iy;

/** The tokens of a `$filter`, ended by one of kind `end`. Throws {@link FilterSyntaxError}. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length; ) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (!match) throw new FilterSyntaxError(`Unexpected ${text.slice(at, at + 1)} at character ${at + 1}.`);
    const token = tokenOf(match);
    if (token) tokens.push(token);
    at += match[0].length;
  }
  tokens.push({ kind: "end" });
  return tokens;
}

function tokenOf([, punctuation, quoted, time, number, name]: RegExpExecArray): Token | undefined {
  if (punctuation !== undefined) return { kind: punctuation as "(" | ")" | "," };
  if (quoted !== undefined) return { kind: "string", value: quoted.replaceAll("''", "'") };
  if (time !== undefined) return { kind: "time", value: instant(time) };
  if (number !== undefined) return { kind: "number", value: Number(number) };
  return name === undefined ? undefined : word(name);
}

function word(name: string): Token {
  if (name === "true" || name === "false") return { kind: "boolean", value: name === "true" };
  return name === "null" ? { kind: "null", value: null } : { kind: "name", value: name };
}

function instant(text: string): number {
  const value = parseTime(text);
  if (value === undefined) throw new FilterSyntaxError(`DateTime'${text}' is not a time such as DateTime'2026-11-24T06:15:48Z'.`);
  return value;
}
