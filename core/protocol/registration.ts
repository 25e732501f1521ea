import type { NodeClaims } from "./signed-report.ts";

/** What a machine of EC2 shows of itself: its instance identity document, the bytes that the metadata service gives, as base64, and the signature of AWS beside it. */
export interface IdentityProof {
  readonly document: string;
  readonly signature: string;
}

/** What a machine learns when it registers. */
export interface Registration extends NodeClaims {
  readonly region: string;
  /** Its own queue, which it alone reads. */
  readonly queueUrl: string;
  /** Where its reports go. */
  readonly eventsUrl: string;
  readonly secret: string;
}
