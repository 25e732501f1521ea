import { describe, expect, it } from "vitest";
import { readTaskToken, signedWith, taskToken } from "../../../core/domain/task-token.ts";

const key = Buffer.from("a key").toString("base64");
const other = Buffer.from("another key").toString("base64");
const claim = { jobId: "Job", uid: "u1", taskId: "t", attempt: 3 };
const token = taskToken(claim, (text) => signedWith(key, text));

describe("a task's token", () => {
  it("says for whom it speaks, whichever of the account's keys made it", () => {
    expect(readTaskToken(token, [other, key])).toEqual(claim);
  });

  it("is none where another key made it, or a part of it was changed", () => {
    expect(readTaskToken(token, [other])).toBeUndefined();
    const [body = "", signature = ""] = token.split(".");
    const forged = Buffer.from(JSON.stringify(["Job", "u1", "t", 4])).toString("base64url");
    for (const bad of [`${forged}.${signature}`, `${body}.${signature.slice(1)}A`, body, `.${signature}`, "", "a.b"]) {
      expect(readTaskToken(bad, [key])).toBeUndefined();
    }
  });
});
