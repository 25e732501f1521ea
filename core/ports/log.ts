export type Level = "debug" | "info" | "warn" | "error";
/** Structured logs. Never given a key, a signature, a token or a node's secret. */
export type Log = (level: Level, event: string, fields?: Readonly<Record<string, unknown>>) => void;
