import type { Value } from "../ports/store.ts";

/** Whether two values of JSON say the same: the order of an object's properties says nothing, nor does one that is undefined. */
export function same(one: unknown, other: unknown): boolean {
  return canonical(one as Value) === canonical(other as Value);
}

function canonical(value: Value | undefined): string {
  return JSON.stringify(value, (_name, inner) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
