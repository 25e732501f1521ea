import type { Settings } from "../core/services/context.ts";

/** A node is given up when it was silent for so many heartbeats. */
const LOST_AFTER_HEARTBEATS = 5;
/** An idle node costs little else than what it says: its end is told by EC2, long before it is missed. */
const IDLE_HEARTBEAT_S = 300;

type Heartbeats = Pick<Settings, "heartbeatSeconds" | "idleHeartbeatSeconds" | "lostAfterSeconds" | "sweepSeconds">;

/** How often nodes speak, and when they are missed, by the one number that a deployer chooses. */
export function heartbeatSettings(heartbeatSeconds: number): Heartbeats {
  return {
    heartbeatSeconds,
    idleHeartbeatSeconds: Math.max(heartbeatSeconds, IDLE_HEARTBEAT_S),
    lostAfterSeconds: LOST_AFTER_HEARTBEATS * heartbeatSeconds,
    sweepSeconds: heartbeatSeconds,
  };
}
