import type { AutoPoolSpecification } from "../../domain/specs.ts";
import type { Context } from "../context.ts";

/** A fresh id for a pool that is made for a job or a schedule: the prefix, where there is one, and what looks like a GUID. */
export function autoPoolId(ctx: Context, { autoPoolIdPrefix }: AutoPoolSpecification): string {
  const hex = Buffer.from(ctx.ids.next()).toString("hex").padEnd(32, "0").toUpperCase();
  const guid = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
  return autoPoolIdPrefix ? `${autoPoolIdPrefix}_${guid}` : guid;
}
