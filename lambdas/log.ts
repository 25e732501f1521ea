import { Logger } from "@aws-lambda-powertools/logger";
import type { Log } from "../core/ports/log.ts";

/** Structured log lines, as CloudWatch and its Insights read them. */
export function lambdaLog(service: string): Log {
  const logger = new Logger({ serviceName: service });
  return (level, event, fields = {}) => logger[level](event, { ...fields });
}
