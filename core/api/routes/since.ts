import { Refusal } from "../../domain/errors.ts";
import { type ApiVersion, isAtLeast } from "../versions/versions.ts";
import type { Handler } from "./route.ts";

/** A handler of an operation that only versions from `since` on, and before `until`, have; to others there is no such resource: InvalidUri. */
export function inVersions(handler: Handler, since: ApiVersion, until?: ApiVersion): Handler {
  return async (c) => {
    const { version } = c.get("call");
    if (isAtLeast(version, since) && !(until !== undefined && isAtLeast(version, until))) return handler(c);
    const when = until === undefined ? `since ${since}` : `from ${since} until before ${until}`;
    throw new Refusal("InvalidUri", { Reason: `The operation is there ${when}; the api-version of the request is ${version}.` });
  };
}
