import { onStages } from "./on-stages.ts";
import { poolsAreMade } from "./orchestration/auto-pools.ts";
import { schedulesRecur, schedulesRunOnce } from "./orchestration/schedules.ts";

/** Job schedules and auto pools. */
onStages((stage) => {
  schedulesRunOnce(stage);
  schedulesRecur(stage);
  poolsAreMade(stage);
});
