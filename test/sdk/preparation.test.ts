import { onStages } from "./on-stages.ts";
import { preparationHoldsBack, preparationIsRefused, preparesAndReleases } from "./orchestration/preparation.ts";

/** Job preparation and release tasks. */
onStages((stage) => {
  preparesAndReleases(stage);
  preparationHoldsBack(stage);
  preparationIsRefused(stage);
});
