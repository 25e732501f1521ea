import { formatDuration, parseDuration } from "../../domain/duration.ts";
import { invalidProperty, Refusal } from "../../domain/errors.ts";
import type { ValueType } from "../shapes/shapes.ts";
import { parseTime } from "../values/timestamp.ts";
import type { Doc } from "./change.ts";
import { type Shape, shapeOf } from "./shape.ts";
import type { ApiVersion } from "./versions.ts";

/** Gives the value as core keeps it, or throws the Refusal that says what is wrong at `path`. */
type Read = (value: unknown, path: string) => unknown;

/** Characters: the longest argument that Linux takes, and so the longest command line. */
const MAX_STRING = 131_072;
const MAX_ITEMS = 65_536;
/** A client may have sent a name of any length: an error shows so much of it. */
const MAX_SHOWN = 256;
/** Free-form JSON, such as an extension's settings, may nest so deep. */
const MAX_DEPTH = 16;

const INT32 = { minimum: -2_147_483_648, maximum: 2_147_483_647 };
const INT64 = { minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER };

/** Reads bodies of one definition in one version, and gives them in the newest shape. */
export class BodyReader {
  private readonly shape: Shape;
  private readonly readers: ReadonlyMap<string, Read>;

  constructor(definition: string, version: ApiVersion, readerOf: (definition: string) => BodyReader) {
    this.shape = shapeOf(definition, version);
    this.readers = new Map(
      [...this.shape.properties].map(([name, { facts, newest }]) => [
        name,
        facts.readOnly ? refuseReadOnly : valueReader(facts, newest, readerOf),
      ]),
    );
  }

  read(value: unknown, path: string): Doc {
    if (!isObject(value)) throw invalidBody(path, "The value must be a JSON object.");
    const doc: Doc = {};
    for (const name of Object.keys(value)) {
      const item = value[name];
      const at = path === "" ? name : `${path}.${name}`;
      const read = this.readers.get(name);
      if (!read) throw invalidBody(at, `${this.shape.version} has no such property here.`);
      // A client that writes null means that it does not set the property.
      if (item !== null && item !== undefined) doc[name] = read(item, at);
    }
    for (const name of this.shape.required) {
      if (doc[name] === undefined) throw new Refusal("MissingRequiredProperty", { PropertyName: path === "" ? name : `${path}.${name}` });
    }
    return this.shape.changes.reduce((old, change) => (change.up ? change.up(old) : old), doc);
  }
}

function valueReader(type: ValueType, newest: ValueType, readerOf: (definition: string) => BodyReader): Read {
  switch (type.type) {
    case "string":
      return readString;
    case "boolean":
      return readBoolean;
    case "int32":
      return integerReader({ ...INT32, ...type });
    case "int64":
      return integerReader({ ...INT64, ...type });
    case "double":
      return readDouble;
    case "date-time":
      return readTime;
    case "duration":
      return readDuration;
    case "enum":
      return enumReader(type.values, newest.type === "enum" ? newest.values : []);
    case "array":
      return arrayReader(valueReader(type.items, newest.type === "array" ? newest.items : newest, readerOf), type.maxItems ?? MAX_ITEMS);
    case "map":
      return readMap;
    case "any":
      return readAny;
    case "object": {
      const { of } = type;
      return (value, path) => readerOf(of).read(value, path);
    }
  }
}

const refuseReadOnly: Read = (_value, path) => {
  throw invalidBody(path, "The property is read-only: the service sets it. Leave it out.");
};

const readString: Read = (value, path) => {
  if (typeof value !== "string") throw invalidBody(path, "The value must be a string.");
  if (value.length > MAX_STRING) throw invalidProperty(path, value, `The value is longer than ${MAX_STRING} characters.`);
  return value;
};

const readBoolean: Read = (value, path) => {
  if (typeof value !== "boolean") throw invalidBody(path, "The value must be true or false.");
  return value;
};

const readDouble: Read = (value, path) => {
  if (typeof value !== "number") throw invalidBody(path, "The value must be a number.");
  return value;
};

const readTime: Read = (value, path) => {
  const ms = parseTime(readString(value, path) as string);
  if (ms === undefined) throw invalidProperty(path, value, "The value must be a date and time such as 2024-07-01T12:00:00Z.");
  return new Date(ms).toISOString();
};

const readDuration: Read = (value, path) => {
  const ms = parseDuration(readString(value, path) as string);
  if (ms === undefined) throw invalidProperty(path, value, "The value must be an ISO 8601 duration such as PT1H30M.");
  return formatDuration(ms);
};

const readMap: Read = (value, path) => {
  if (!isObject(value)) throw invalidBody(path, "The value must be a JSON object.");
  const entries = Object.entries(value).filter(([, item]) => item !== null);
  return Object.fromEntries(entries.map(([name, item]) => [name, readString(item, `${path}.${name}`)]));
};

const readAny: Read = (value, path) => {
  if (isTooDeep(value, MAX_DEPTH)) throw invalidProperty(path, "", `The value nests deeper than ${MAX_DEPTH}.`);
  return value;
};

/** Digits in a string are read too: `az batch pool create --target-dedicated-nodes 2` sends them so. */
function integerReader({ minimum, maximum }: { minimum: number; maximum: number }): Read {
  return (given, path) => {
    const value = typeof given === "string" && /^-?\d{1,19}$/.test(given) ? Number(given) : given;
    if (typeof value !== "number" || !Number.isInteger(value)) throw invalidBody(path, "The value must be a whole number.");
    if (value < minimum || value > maximum) throw invalidProperty(path, value, `The value must be from ${minimum} to ${maximum}.`);
    return value;
  };
}

/** Any casing is read; the newest version's is kept. */
function enumReader(values: readonly string[], newest: readonly string[]): Read {
  const spelling = new Map(newest.map((value) => [value.toLowerCase(), value]));
  const known = new Map(values.map((value) => [value.toLowerCase(), spelling.get(value.toLowerCase()) ?? value]));
  return (value, path) => {
    if (typeof value !== "string") throw invalidBody(path, "The value must be a string.");
    const kept = known.get(value.toLowerCase());
    if (kept === undefined) throw invalidProperty(path, value, `The value must be one of ${values.join(", ")}.`);
    return kept;
  };
}

function arrayReader(readItem: Read, most: number): Read {
  return (value, path) => {
    if (!Array.isArray(value)) throw invalidBody(path, "The value must be a JSON array.");
    if (value.length > most) throw invalidProperty(path, `${value.length} items`, `The list must not hold more than ${most} items.`);
    return value.map((item, index) => readItem(item, `${path}[${index}]`));
  };
}

function invalidBody(path: string, reason: string): Refusal {
  return new Refusal("InvalidRequestBody", path === "" ? { Reason: reason } : { PropertyName: path.slice(0, MAX_SHOWN), Reason: reason });
}

function isObject(value: unknown): value is Doc {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isTooDeep(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return depth === 0 || Object.values(value).some((item) => isTooDeep(item, depth - 1));
}
