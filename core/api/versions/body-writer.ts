import type { ValueType } from "../shapes/shapes.ts";
import { wireTime } from "../values/timestamp.ts";
import type { Doc, VersionChange } from "./change.ts";
import { isSecret } from "./secrets.ts";
import { shapeOf } from "./shape.ts";
import type { ApiVersion } from "./versions.ts";

/** Gives the value as the version writes it. */
type Write = (value: unknown) => unknown;

/** Writes documents of one definition as one version shows them. */
export class BodyWriter {
  /** Property -> how its value is written; `undefined` as it is. */
  private readonly writers: readonly (readonly [name: string, write: Write | undefined])[];
  private readonly changes: readonly VersionChange[];

  constructor(definition: string, version: ApiVersion, writerOf: (definition: string) => BodyWriter) {
    const shape = shapeOf(definition, version);
    this.writers = [...shape.properties]
      .filter(([name]) => !isSecret(definition, name))
      .map(([name, { facts }]) => [name, valueWriter(facts, writerOf)] as const);
    this.changes = shape.changes.toReversed();
  }

  write(doc: Doc): Doc {
    const old = this.changes.reduce((newer, change) => (change.down ? change.down(newer) : newer), doc);
    const written: Doc = {};
    for (const [name, write] of this.writers) {
      const value = old[name];
      if (value === undefined || value === null) continue;
      written[name] = write ? write(value) : value;
    }
    return written;
  }
}

function valueWriter(type: ValueType, writerOf: (definition: string) => BodyWriter): Write | undefined {
  switch (type.type) {
    case "date-time":
      return (value) => wireTime(value as string);
    case "enum": {
      const spelling = new Map(type.values.map((value) => [value.toLowerCase(), value]));
      return (value) => spelling.get((value as string).toLowerCase()) ?? value;
    }
    case "array": {
      const write = valueWriter(type.items, writerOf);
      return write && ((value) => (value as unknown[]).map(write));
    }
    case "object": {
      const { of } = type;
      return (value) => writerOf(of).write(value as Doc);
    }
    default:
      return undefined;
  }
}
