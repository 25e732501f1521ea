import { expect } from "vitest";
import type { Client, Doc, Model, Property } from "./clients/client.ts";

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z$/;
/** Models do not say which numbers may be no whole ones. */
const FRACTIONAL = /(GiB|Hours|Percentage)$/;
const DURATION = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;

/**
 * Holds a document to the client's own model of it: no property that its version does not know, each of the model's type, enumerations by
 * words it knows, times with 7 fraction digits, durations of days and below. And the client read exactly that: what is absent on the wire
 * is absent in its value, or what the client itself takes for the default.
 */
export function expectConforms(client: Client, model: string, wire: unknown, value: unknown): void {
  conforms(client, client.model(model), wire, value, model);
}

function conforms(client: Client, type: Model, wire: unknown, value: unknown, path: string): void {
  switch (type.name) {
    case "Composite":
      object(client, propertiesOf(client, type), wire as Doc, value as Doc, path);
      break;
    case "Sequence":
      expect(Array.isArray(wire), path).toBe(true);
      (wire as unknown[]).forEach((item, index) => {
        conforms(client, (type.element as Property).type, item, (value as unknown[])[index], `${path}[${index}]`);
      });
      break;
    case "Enum":
      // The packages spell some of their versions' words in a case of their own, and read any: which is sent, the tests say word by word.
      expect(type.allowedValues?.map(lower), path).toContain(lower(wire as string));
      expect(value, path).toBe(wire);
      break;
    case "DateTime":
      expect(wire, path).toMatch(TIME);
      expect((value as Date).toISOString(), path).toBe(`${(wire as string).slice(0, 23)}Z`);
      break;
    case "TimeSpan":
      expect(Math.abs(client.milliseconds(value) - millisecondsOf(wire as string, path)), path).toBeLessThan(1);
      break;
    case "Boolean":
    case "String":
      expect(typeof wire, path).toBe(type.name.toLowerCase());
      expect(value, path).toBe(wire);
      break;
    case "Number":
      expect(FRACTIONAL.test(path) ? Number.isFinite(wire) : Number.isInteger(wire), path).toBe(true);
      expect(value, path).toBe(wire);
      break;
    default:
      throw new Error(`${path}: a ${type.name} is not expected here`);
  }
}

const lower = (text: string) => text.toLowerCase();

function propertiesOf(client: Client, type: Model): Readonly<Record<string, Property>> {
  return type.modelProperties ?? client.model(type.className as string).modelProperties ?? {};
}

function object(client: Client, properties: Readonly<Record<string, Property>>, wire: Doc, value: Doc, path: string): void {
  const known = new Map(
    Object.entries(properties).map(([name, property]) => [property.serializedName?.replaceAll("\\", "") ?? name, name]),
  );
  for (const name of Object.keys(wire)) if (!name.startsWith("odata.")) expect([...known.keys()], `${path}.${name}`).toContain(name);
  for (const [serialized, name] of known) {
    const at = `${path}.${name}`;
    if (wire[serialized] === undefined) expect(value[name], at).toBe((properties[name] as Property).defaultValue);
    else conforms(client, (properties[name] as Property).type, wire[serialized], value[name], at);
  }
}

/** Milliseconds of a duration as the service writes it. */
export function millisecondsOf(text: string, path = text): number {
  const parts = DURATION.exec(text);
  expect(parts, path).not.toBeNull();
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = (parts ?? []).slice(1).map((part) => Number(part ?? 0));
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
}
