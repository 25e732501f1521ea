import { compose } from "./compose.ts";
import { ringsHandler } from "./handle-rings.ts";

export const handler = ringsHandler(compose(process.env));
