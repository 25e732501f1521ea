/**
 * The store: what DynamoDB offers and no more. Items live under a partition key and an ordered sort key; each
 * change of truth is one conditional write on one item.
 *
 * Sort keys are ordered by their UTF-8 bytes. Values are JSON: no undefined, no dates, no binary.
 */
export type Scalar = string | number | boolean;
export type Value = null | Scalar | readonly Value[] | { readonly [name: string]: Value };

export interface Key {
  readonly pk: string;
  readonly sk: string;
}

/** An item: its key and its attributes, all at one level with the key. At most 400 KB. */
export type Item = Key & { readonly [attribute: string]: Value };

/** All clauses must hold of the item as it is. An update or a delete with a condition fails where there is no item. */
export interface Condition {
  /** Attribute is present and equal. */
  readonly equals?: { readonly [attribute: string]: Scalar };
  /** Attribute is present and one of these. */
  readonly oneOf?: { readonly [attribute: string]: readonly Scalar[] };
  /** Attribute is not there. */
  readonly absent?: readonly string[];
}

export interface Insert {
  readonly kind: "insert";
  readonly item: Item;
}
/** Changes attributes of an item that exists. `add` counts from 0 where the attribute is absent. */
export interface Update {
  readonly kind: "update";
  readonly key: Key;
  readonly set?: { readonly [attribute: string]: Value };
  readonly add?: { readonly [attribute: string]: number };
  readonly remove?: readonly string[];
  readonly when?: Condition;
}
/** Deletes. Without a condition, deleting what is not there succeeds. */
export interface Delete {
  readonly kind: "delete";
  readonly key: Key;
  readonly when?: Condition;
}
export type Write = Insert | Update | Delete;

/**
 * What became of one write. `exists`: an insert found the key taken. `missing`: an update or conditional delete found no item.
 * `condition`: the item is there and a clause does not hold; `item` is the item as found.
 */
export type Outcome =
  | { readonly ok: true; readonly item?: Item }
  | { readonly ok: false; readonly reason: "exists" | "missing" | "condition"; readonly item?: Item };

export interface Query {
  readonly pk: string;
  /** Only sort keys that begin so. */
  readonly prefix?: string;
  /** Only sort keys strictly after this one (before it, when `reverse`). */
  readonly after?: string;
  /** At most so many items; a page may hold fewer and still not be the last. */
  readonly limit: number;
  readonly reverse?: boolean;
}
export interface Page {
  readonly items: readonly Item[];
  /** Sort key to pass as `after` for the next page; absent on the last. */
  readonly next?: string;
}

export const MAX_BATCH = 25;
export const MAX_TRANSACTION = 100;

export interface Store {
  /** Strongly consistent. */
  get(key: Key): Promise<Item | undefined>;
  /** At most 100 keys; the answer has one place per key, in order. */
  getMany(keys: readonly Key[]): Promise<(Item | undefined)[]>;
  query(query: Query): Promise<Page>;
  /** One write; durable when the promise resolves. Updates and inserts answer the item as it is after. */
  write(write: Write): Promise<Outcome>;
  /** At most {@link MAX_BATCH} writes on different keys, each with its own outcome, in order; not atomic together. */
  batch(writes: readonly Write[]): Promise<Outcome[]>;
  /** At most {@link MAX_TRANSACTION} writes on different keys: all, or none and the outcomes that stopped it. */
  transact(writes: readonly Write[]): Promise<{ readonly ok: boolean; readonly outcomes: Outcome[] }>;
}

/** The store cannot take the write now (throttled, disk full): nothing is known to have happened. `retryable` says whether to try again. */
export class StoreError extends Error {
  constructor(
    message: string,
    readonly retryable: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = "StoreError";
  }
}
