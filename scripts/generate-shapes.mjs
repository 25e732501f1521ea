/**
 * Writes core/api/shapes/shapes.json: what each definition of the REST API may hold in each published version, facts only.
 *
 *   node scripts/generate-shapes.mjs <folder with data-plane-<version>.json files> [file to write]
 *
 * Definitions are followed from the operations, the newest version first. An operation keeps its verb and path through the years even
 * where its definitions are renamed, so that the same place of the same operation gives the same definition, under its newest name.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What generated clients add to closed enumerations for values they do not know; never on the wire. */
const CLIENT_ONLY = "unmapped";

const nameOf = (ref) => ref.split("/").at(-1);

function read(folder) {
  const versions = readdirSync(folder).flatMap((file) => /^data-plane-(.+)\.json$/.exec(file)?.[1] ?? []);
  if (versions.length === 0) throw new Error(`${folder} holds no data-plane-<version>.json`);
  return versions.sort().map((version) => ({
    version,
    description: JSON.parse(readFileSync(join(folder, `data-plane-${version}.json`), "utf8")),
  }));
}

/** `post /pools body` -> name of the definition there, for each operation of a version. */
function places({ paths, parameters }) {
  const found = new Map();
  for (const [path, verbs] of Object.entries(paths)) {
    for (const [verb, operation] of Object.entries(verbs)) {
      if (!operation.responses) continue;
      const place = `${verb} ${path.replaceAll(/\{\w+\}/g, "{}")}`;
      const given = (operation.parameters ?? []).map((parameter) => (parameter.$ref ? parameters[nameOf(parameter.$ref)] : parameter));
      const body = given.find((parameter) => parameter.in === "body")?.schema?.$ref;
      if (body) found.set(`${place} body`, nameOf(body));
      for (const [status, response] of Object.entries(operation.responses)) {
        const ref = response.schema?.$ref;
        if (ref) found.set(`${place} ${status}`, nameOf(ref));
      }
    }
  }
  return found;
}

/** The type of one property; `rename` gives a definition's newest name. */
function typeOf(property, definitions, rename) {
  const referred = property.$ref ?? property.allOf?.[0]?.$ref;
  if (referred) {
    const target = definitions[nameOf(referred)];
    return target.properties ? { type: "object", of: rename(nameOf(referred)) } : typeOf(target, definitions, rename);
  }
  if (property.type === "array") {
    const most = property.maxItems === undefined ? {} : { maxItems: property.maxItems };
    return { type: "array", items: typeOf(property.items, definitions, rename), ...most };
  }
  if (property.enum) return { type: "enum", values: property.enum.filter((value) => value !== CLIENT_ONLY) };
  if (property.type === "object") return { type: property.additionalProperties ? "map" : "any" };
  const range = {};
  if (property.minimum !== undefined) range.minimum = property.minimum;
  if (property.maximum !== undefined) range.maximum = property.maximum;
  return { type: property.format ?? property.type, ...range };
}

/** Definition -> property -> its facts, of one version. `known` are the places of newer versions, under their newest names. */
function shapesOf(description, known) {
  const { definitions } = description;
  const shapes = new Map();
  const newest = new Map();
  const queue = [];
  const follow = (name, newestName) => {
    if (!newest.has(name)) newest.set(name, newestName);
    if (!shapes.has(newestName)) {
      shapes.set(newestName, new Map());
      queue.push([name, newestName]);
    }
    return newestName;
  };
  for (const [place, name] of places(description)) {
    const newestName = known.get(place) ?? name;
    known.set(place, newestName);
    follow(name, newestName);
  }
  for (let next = queue.shift(); next; next = queue.shift()) {
    const [name, newestName] = next;
    const { properties, required = [] } = definitions[name];
    for (const [property, schema] of Object.entries(properties)) {
      const type = typeOf(schema, definitions, (inner) => follow(inner, newest.get(inner) ?? inner));
      const facts = { ...type };
      if (required.includes(property)) facts.required = true;
      if (schema.readOnly) facts.readOnly = true;
      shapes.get(newestName).set(property, facts);
    }
  }
  return shapes;
}

/** Joins what the versions say: one entry for as long as nothing changes, with `since` (from here) and `until` (before here). */
function merge(versions) {
  const definitions = {};
  const names = new Set(versions.flatMap(({ shapes }) => [...shapes.keys()]));
  for (const name of [...names].sort()) {
    const properties = new Set(versions.toReversed().flatMap(({ shapes }) => [...(shapes.get(name)?.keys() ?? [])]));
    definitions[name] = {};
    for (const property of properties) {
      const entries = [];
      let before = "";
      for (const { version, shapes } of versions) {
        const facts = shapes.get(name)?.get(property);
        const text = facts ? JSON.stringify(facts) : "";
        if (text === before) continue;
        if (before) entries.at(-1).until = version;
        if (facts) entries.push(version === versions[0].version ? { ...facts } : { ...facts, since: version });
        before = text;
      }
      definitions[name][property] = entries.length === 1 ? entries[0] : entries;
    }
  }
  return definitions;
}

const [folder, target = fileURLToPath(new URL("../core/api/shapes/shapes.json", import.meta.url))] = process.argv.slice(2);
if (!folder) {
  console.error("usage: node scripts/generate-shapes.mjs <folder with data-plane-<version>.json files> [file to write]");
  process.exit(2);
}
const known = new Map();
const versions = read(folder)
  .toReversed()
  .map(({ version, description }) => ({ version, shapes: shapesOf(description, known) }))
  .toReversed();
const lines = Object.entries(merge(versions)).map(([name, properties]) => `${JSON.stringify(name)}:${JSON.stringify(properties)}`);
writeFileSync(target, `{\n${lines.join(",\n")}\n}\n`);
