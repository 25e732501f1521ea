import { compose } from "./compose.ts";
import { workHandler } from "./handle-work.ts";

export const handler = workHandler(compose(process.env));
