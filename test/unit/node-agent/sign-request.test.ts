import { expect, it } from "vitest";
import { signedHeaders } from "../../../node-agent/ec2/sign-request.ts";

it("signs as AWS's own example of a plain POST is signed", () => {
  const request = { url: "https://example.amazonaws.com/", headers: {}, body: "", service: "service", region: "us-east-1" };
  const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", sessionToken: "" };
  const { authorization } = signedHeaders({ ...request, now: Date.UTC(2015, 7, 30, 12, 36, 0) }, credentials);
  expect(authorization).toBe(
    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, " +
      "Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
  );
});
