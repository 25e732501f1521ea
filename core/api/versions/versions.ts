import { Refusal } from "../../domain/errors.ts";

/** The published versions of the REST API, the oldest first. */
export const VERSIONS = [
  "2015-12-01.2.2",
  "2016-02-01.3.0",
  "2016-07-01.3.1",
  "2017-01-01.4.0",
  "2017-05-01.5.0",
  "2017-06-01.5.1",
  "2017-09-01.6.0",
  "2018-03-01.6.1",
  "2018-08-01.7.0",
  "2018-12-01.8.0",
  "2019-06-01.9.0",
  "2019-08-01.10.0",
  "2020-03-01.11.0",
  "2020-09-01.12.0",
  "2021-06-01.14.0",
  "2022-01-01.15.0",
  "2022-10-01.16.0",
  "2023-05-01.17.0",
  "2023-11-01.18.0",
  "2024-02-01.19.0",
  "2024-07-01.20.0",
] as const;

export type ApiVersion = (typeof VERSIONS)[number];

/** The version whose shapes core works with. */
export const NEWEST = "2024-07-01.20.0" satisfies ApiVersion;

const ORDER: ReadonlyMap<string, number> = new Map(VERSIONS.map((version, index) => [version, index]));

/** The version that a request's `api-version` names. Throws UnsupportedRequestVersion when it is missing or not published. */
export function parseVersion(query: string | undefined): ApiVersion {
  if (query !== undefined && ORDER.has(query)) return query as ApiVersion;
  throw new Refusal(
    "UnsupportedRequestVersion",
    query === undefined ? {} : { "api-version": query.slice(0, 64) },
    `The api-version is missing or is not one that this service speaks. The newest is ${NEWEST}, the oldest ${VERSIONS[0]}.`,
  );
}

/** Whether `version` is `since` or a later one. */
export function isAtLeast(version: ApiVersion, since: ApiVersion): boolean {
  return (ORDER.get(version) ?? 0) >= (ORDER.get(since) ?? 0);
}
