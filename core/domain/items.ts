import type { Item, Key, Value } from "../ports/store.ts";

/** An entity as an item: its key, and its properties as attributes; what is undefined is left out. */
export function toItem(key: Key, entity: object): Item {
  return { ...attributes(entity), ...key };
}

/** Properties as attributes to set; what is undefined is left out. */
export function attributes(entity: object): Record<string, Value> {
  const result: Record<string, Value> = {};
  for (const [name, value] of Object.entries(entity)) if (value !== undefined) result[name] = value as Value;
  return result;
}

/** The entity that an item holds; the caller knows from its key what kind it is. */
export function fromItem<T>(item: Item): T {
  const { pk: _pk, sk: _sk, ...entity } = item;
  return entity as unknown as T;
}
