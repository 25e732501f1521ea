import { expect } from "vitest";
import type { RawAnswer } from "./raw.ts";

/** What of an answer gives the service's insides away: a stack, a path of its files, a name of what it is built of. */
export const INSIDES = /\\n\s+at |\.(ts|js|mjs):\d+|node_modules|file:\/\/|TypeError|RangeError|ECONN|ENOENT|lmdb/i;

/** Azure's form of an error, whole, and nothing beside it. Gives its `values`. */
export function expectRefused(answer: RawAnswer, status: number, code: string): Record<string, string> {
  expect([answer.status, answer.text && JSON.parse(answer.text).code], answer.text).toEqual([status, code]);
  const body = JSON.parse(answer.text) as { values?: { key: string; value: string }[] };
  const id = answer.headers["request-id"] as string;
  expect(id).toMatch(/\S/);
  expect(answer.headers["content-type"]).toBe("application/json;odata=minimalmetadata");
  expect(answer.headers.dataserviceversion).toBe("3.0");
  const { values = [], ...rest } = body;
  expect(rest).toEqual({
    "odata.metadata": expect.stringMatching(
      /^http:\/\/.+\/\$metadata#Microsoft\.Azure\.Batch\.Protocol\.Entities\.Container\.errors\/@Element$/,
    ),
    code,
    message: {
      lang: "en-US",
      value: expect.stringMatching(`^\\S[^\n]+\nRequestId:${id}\nTime:\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{7}Z$`),
    },
  });
  for (const one of values) expect(one).toEqual({ key: expect.stringMatching(/^\S+$/), value: expect.any(String) });
  expect(answer.text).not.toMatch(INSIDES);
  return Object.fromEntries(values.map(({ key, value }) => [key, value]));
}
