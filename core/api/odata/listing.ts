import { type ErrorCode, Refusal } from "../../domain/errors.ts";
import type { Listing, PageRequest } from "../../services/context.ts";
import type { Call } from "../call.ts";
import { document, type Stamp } from "../reply.ts";
import { renderBody } from "../versions/translate.ts";
import { matches, onlyId } from "./evaluate.ts";
import { type FilterableProperties, parseFilter } from "./filter.ts";
import { isJobId } from "./id.ts";
import { scan } from "./scan.ts";
import { expandsStats, parseSelect, pick } from "./select.ts";
import { nextLink, readSkiptoken } from "./skiptoken.ts";

/** A set of resources, how to show one and how to list them. */
export interface Collection<T> {
  /** The resource's name in the API, and its set's: `CloudTask`, `tasks`. */
  readonly definition: string;
  readonly set: string;
  readonly filterable: FilterableProperties;
  readonly selectable: ReadonlySet<string>;
  /** The statistics documents of these items, in order; `$expand` may be given where there are such. */
  stats?(items: readonly T[]): Promise<readonly Record<string, unknown>[]>;
  view(item: T): Record<string, unknown>;
  read(page: PageRequest): Promise<Listing<T>>;
  /** One item by id, so that a filter that names an id need not scan; `missing` is how it says that there is none. */
  readonly find?: {
    byId(id: string): Promise<T>;
    readonly missing: ErrorCode /** The property that is the id, where its name is another. */;
    readonly path?: string;
  };
}

export const MAX_RESULTS = 1000;

/** One resource, with `$select` and `$expand` of the request. `stamp`, where the resource has one, becomes its headers. */
export async function oneOf<T>(call: Call, collection: Collection<T>, item: T, stamp?: Stamp): Promise<Response> {
  const shown = shownAs(call, collection);
  const [body = {}] = await shown([item]);
  return document(call, `${collection.set}/@Element`, body, stamp);
}

/** One page of a listing, with `$filter`, `$select`, `$expand`, `maxresults` and `$skiptoken` of the request. Memory is that of a page. */
export async function listPage<T>(call: Call, collection: Collection<T>, most = MAX_RESULTS): Promise<Response> {
  const { query } = call;
  const limit = query.integer("maxresults", 1, most) ?? most;
  const after = readSkiptoken(query);
  const shown = shownAs(call, collection);
  const page = await filteredPage(query.get("$filter"), collection, after, limit);
  return listingReply(call, collection.set, await shown(page.items), page.next);
}

/** How items are shown, by what the query selects and expands; it is checked at once. */
function shownAs<T>(call: Call, collection: Collection<T>): (items: readonly T[]) => Promise<Record<string, unknown>[]> {
  const { definition, selectable, view } = collection;
  const selected = parseSelect(call.query, selectable);
  const expanded = collection.stats && expandsStats(call.query) && (selected?.has("stats") ?? true);
  return async (items) => {
    const stats = expanded ? await collection.stats?.(items) : undefined;
    return items.map((item, index) => {
      const doc = stats ? { ...view(item), stats: stats[index] } : view(item);
      return pick(renderBody(definition, doc, call.version), selected);
    });
  };
}

/** The answer that holds a page; `next` is the key that the page after it goes on from. */
export function listingReply(call: Call, set: string, value: readonly unknown[], next: string | undefined): Response {
  return document(call, set, { value, ...(next !== undefined && { "odata.nextLink": nextLink(call, next) }) });
}

async function filteredPage<T>(
  text: string | undefined,
  collection: Collection<T>,
  after: string | undefined,
  limit: number,
): Promise<Listing<T>> {
  if (text === undefined) return collection.read(after === undefined ? { limit } : { after, limit });
  const filter = parseFilter(text, collection.filterable);
  const passes = (item: T) => matches(filter, collection.view(item));
  const id = collection.find && onlyId(filter, collection.find.path);
  if (id === undefined || !collection.find) return scan((page) => collection.read(page), passes, after, limit);
  if (!isJobId(id)) return { items: [] };
  const item = await unlessMissing(collection.find.byId(id), collection.find.missing);
  return { items: item !== undefined && passes(item) ? [item] : [] };
}

async function unlessMissing<T>(found: Promise<T>, missing: ErrorCode): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof Refusal && error.code === missing) return undefined;
    throw error;
  }
}
