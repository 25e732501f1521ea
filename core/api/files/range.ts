import { Refusal } from "../../domain/errors.ts";

/** Bytes `start` to `end` of a file, both included. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * What a range header asks of a file of `size` bytes; undefined where there is no header. `bytes=1-2`, `bytes=1-` and `bytes=-2` are
 * read, an end beyond the file is cut. Throws InvalidHeaderValue, or InvalidRange (416) where no byte of the file is asked for.
 */
export function parseRange(name: string, value: string | null, size: number): Span | undefined {
  if (!value) return undefined;
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(value.trim());
  const [, first = "", last = ""] = match ?? [];
  if (!match || (first === "" && last === "") || (first !== "" && last !== "" && Number(last) < Number(first))) {
    throw new Refusal("InvalidHeaderValue", {
      HeaderName: name,
      HeaderValue: value.slice(0, 64),
      Reason: "One range of the form bytes=first-last is needed.",
    });
  }
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (start >= size || end < start) throw new Refusal("InvalidRange", { FileSize: String(size) });
  return { start, end };
}
