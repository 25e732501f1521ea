import { afterAll, beforeAll } from "vitest";
import { onStages } from "./on-stages.ts";
import { addGangPool, gangsAreRefused, gangsRunTogether } from "./orchestration/multi-instance.ts";

/** Multi-instance tasks. */
onStages((stage) => {
  const poolId = () => stage().named("gangs");
  beforeAll(() => addGangPool(stage(), poolId()));
  afterAll(() => stage().client.call("pool", "deleteMethod", poolId()));

  gangsRunTogether(stage, poolId);
  gangsAreRefused(stage, poolId);
});
