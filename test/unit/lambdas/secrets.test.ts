import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { beforeEach, describe, expect, it } from "vitest";
import { Secrets } from "../../../lambdas/secrets.ts";

describe("the account's keys, as functions know them", () => {
  let values: Record<string, string>;
  let broken: boolean;
  let reads: number;
  let now: number;
  let secrets: Secrets;
  beforeEach(() => {
    values = { key1: "first", key2: "second" };
    broken = false;
    reads = 0;
    now = 0;
    const client = {
      send: async ({ input }: { input: { SecretId: string } }) => {
        reads++;
        if (broken) throw new Error("not now");
        return { SecretString: values[input.SecretId] };
      },
    };
    secrets = new Secrets(client as unknown as SecretsManagerClient, ["key1", "key2"], () => now);
  });

  it.each([
    ["key1", ["new", "second"]],
    ["key2", ["first", "new"]],
  ])("can each be replaced while the other stays good: %s is known within a minute", async (replaced, after) => {
    expect(await secrets.read()).toEqual(["first", "second"]);
    values[replaced] = "new";
    now = 59_000;
    expect(await secrets.read()).toEqual(["first", "second"]);
    now = 60_000;
    expect(await secrets.read()).toEqual(after);
    expect(secrets.latest()).toBe(after[0]);
    expect(reads).toBe(4);
  });

  it("stay good where they cannot be read again, and are asked for where they never were", async () => {
    expect(() => secrets.latest()).toThrow("not been read");
    broken = true;
    await expect(secrets.read()).rejects.toThrow("not now");
    broken = false;
    await secrets.read();
    broken = true;
    now = 120_000;
    expect(await secrets.read()).toEqual(["first", "second"]);
  });

  it("must not be empty", async () => {
    values.key2 = "";
    await expect(secrets.read()).rejects.toThrow("key2 is empty");
  });
});
