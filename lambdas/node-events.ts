import { compose } from "./compose.ts";
import { reportsHandler } from "./handle-reports.ts";

export const handler = reportsHandler(compose(process.env));
