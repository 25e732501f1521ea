import type { Platform } from "../cdk/constructs/node-launch.ts";
export function packAgents(platforms?: readonly Platform[]): Promise<Readonly<Record<Platform, string>>>;
