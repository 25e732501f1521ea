import { Validations } from "aws-cdk-lib";
import type { IConstruct } from "constructs";

/** What cdk-nag may find on a construct, and why that is as it should be. */
export function acknowledge(construct: IConstruct, reasons: Readonly<Record<string, string>>): void {
  for (const [id, reason] of Object.entries(reasons)) Validations.of(construct).acknowledge({ id, reason });
}
