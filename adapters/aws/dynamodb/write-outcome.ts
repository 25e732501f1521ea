import { isDeepStrictEqual } from "node:util";
import type { Item, Outcome, Write } from "../../../core/ports/store.ts";

/** Whether a second try could do harm after a first that may have been carried out: an addition would count twice. */
export function mustNotRepeat(write: Write): boolean {
  return write.kind === "update" && Object.keys(write.add ?? {}).length > 0;
}

/**
 * The outcome of a write whose earlier try got no answer. A try that now fails was perhaps kept from succeeding by the earlier one
 * only: when the item is just as this write leaves it, the write was made. Nobody else's write is mistaken for it unless it said the same in every
 * attribute, and revisions, attempts and owners are among those.
 */
export function settleUnclear(write: Write, outcome: Outcome, found: Item | undefined): Outcome {
  if (outcome.ok) return outcome;
  switch (write.kind) {
    case "insert":
      return found && isDeepStrictEqual(found, { ...write.item }) ? { ok: true, item: found } : outcome;
    case "update": {
      const made =
        found &&
        Object.entries(write.set ?? {}).every(([name, value]) => isDeepStrictEqual(found[name], value)) &&
        (write.remove ?? []).every((name) => found[name] === undefined);
      return made ? { ok: true, item: found } : outcome;
    }
    case "delete":
      return outcome.reason === "missing" ? { ok: true } : outcome;
  }
}

/** What a failed condition says of a write, by the item as found. */
export function stopped(write: Write, found: Item | undefined): Outcome {
  if (write.kind === "insert") return { ok: false, reason: "exists" };
  return found ? { ok: false, reason: "condition", item: found } : { ok: false, reason: "missing" };
}
