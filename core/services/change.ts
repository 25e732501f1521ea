import { type ErrorCode, Refusal } from "../domain/errors.ts";
import { attributes, fromItem } from "../domain/items.ts";
import type { Key, Value } from "../ports/store.ts";
import type { Context } from "./context.ts";

const TRIES = 8;

/** The entity at a key; refuses with `missing` where there is none. */
export async function readOr<T>(ctx: Context, key: Key, missing: ErrorCode): Promise<T> {
  const item = await ctx.store.get(key);
  if (!item) throw new Refusal(missing);
  return fromItem<T>(item);
}

/**
 * Reads, decides, and writes on condition that nobody wrote in between; decides anew when somebody did. `decide` is pure: it throws a
 * refusal, answers the properties to change (undefined removes one), or nothing at all when the entity is already as wanted.
 */
export async function change<T extends { readonly rev: number }>(
  ctx: Context,
  key: Key,
  missing: ErrorCode,
  decide: (entity: T) => { readonly [P in keyof T]?: T[P] | undefined } | undefined,
): Promise<T> {
  for (let tries = 0; tries < TRIES; tries++) {
    const entity = await readOr<T>(ctx, key, missing);
    const changes = decide(entity);
    if (!changes) return entity;
    const set: Record<string, Value> = { ...attributes(changes), rev: entity.rev + 1 };
    const remove = Object.entries(changes).flatMap(([name, value]) => (value === undefined ? [name] : []));
    const outcome = await ctx.store.write({ kind: "update", key, set, remove, when: { equals: { rev: entity.rev } } });
    if (outcome.ok) return fromItem<T>(outcome.item ?? { ...key, ...attributes(entity), ...set });
  }
  throw new Refusal("ServerBusy");
}

/** The same for an entity that may be gone: nothing happens then, and the answer is undefined. */
export async function changeIfThere<T extends { readonly rev: number }>(
  ctx: Context,
  key: Key,
  decide: (entity: T) => { readonly [P in keyof T]?: T[P] | undefined } | undefined,
): Promise<T | undefined> {
  try {
    return await change<T>(ctx, key, "ResourceNotFound", decide);
  } catch (error) {
    if (error instanceof Refusal && error.code === "ResourceNotFound") return undefined;
    throw error;
  }
}
