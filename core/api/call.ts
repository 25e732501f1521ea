import type { Context as HonoContext } from "hono";
import type { Context } from "../services/context.ts";
import type { Query } from "./middleware/query.ts";
import type { ApiVersion } from "./versions/versions.ts";

/** What is known of a request before anything about it was checked. */
export interface Incoming {
  readonly ctx: Context;
  readonly requestId: string;
  /** Given back in the answer; present only when the client asked for that. */
  readonly clientRequestId?: string | undefined;
  /** Scheme and host as the client used them: what every `url`, `Location` and `odata.nextLink` begins with. */
  readonly origin: string;
  /** As sent, not decoded. */
  readonly path: string;
  readonly query: Query;
}

/** A request that was let in. */
export interface Call extends Incoming {
  readonly version: ApiVersion;
}

export type ApiEnv = {
  /** `target`: the request target exactly as it came over the wire, where the transport knows it; URL objects lose dot segments. */
  Bindings: { readonly target?: string };
  Variables: { incoming: Incoming; call: Call };
};

export type ApiContext = HonoContext<ApiEnv>;
