import { describe, expect, it } from "vitest";
import { DEVELOPMENT_KEY, readOptions } from "../../../local/options.ts";

const OWN_KEY = Buffer.alloc(32, 7).toString("base64");
const DEFAULTS = { host: "127.0.0.1", port: 8470, data: ".shoal", ephemeral: false, account: "shoal", key: DEVELOPMENT_KEY };

describe("the command line", () => {
  it("has defaults for all", () => expect(readOptions([])).toEqual(DEFAULTS));

  it.each<[string[], object]>([
    [["--port", "0"], { port: 0 }],
    [["--port=65535"], { port: 65_535 }],
    [["--data", "/x y"], { data: "/x y" }],
    [["--data=--odd"], { data: "--odd" }],
    [["--ephemeral"], { ephemeral: true }],
    [["--account", "mine1", "--key", OWN_KEY], { account: "mine1", key: OWN_KEY }],
    [["--host", "0.0.0.0", "--key", OWN_KEY], { host: "0.0.0.0", key: OWN_KEY }],
    [["--host", "::1"], { host: "::1" }],
    [["--host", "localhost"], { host: "localhost" }],
    [["--host", "127.9.9.9"], { host: "127.9.9.9" }],
  ])("takes %j", (args, more) => expect(readOptions(args)).toEqual({ ...DEFAULTS, ...more }));

  it.each([["--help"], ["--port", "x", "--help"]])("asks for help by %j %j", (...args) => expect(readOptions(args)).toBeUndefined());

  it.each<[string[], RegExp]>([
    [["--port", "65536"], /^--port must be from 0 to 65535, not "65536"\.$/],
    [["--port", "-1"], /--port must be/],
    [["--port", "80a"], /--port must be/],
    [["--port"], /^--port needs a value\.$/],
    [["--data", "--port", "1"], /^--data needs a value\.$/m],
    [["--data="], /^--data needs a value\.$/],
    [["--host", ""], /^--host needs a value\.$/],
    [["--ephemeral=yes"], /^--ephemeral takes no value\.$/],
    [["--ephemeral", "--data", "x"], /leave out --data/],
    [["--port", "1", "--port", "2"], /^--port is given twice\.$/],
    [["--prot", "1"], /There is no option --prot\./],
    [["-p", "1"], /There is no option -p\./],
    [["8470"], /"8470" is no option/],
    [["--constructor"], /There is no option --constructor\./],
    [["--account", "Mine"], /--account must be/],
    [["--account", "ab"], /--account must be/],
    [["--key", "short"], /openssl rand -base64 64/],
    [["--key", "ÄÖ".repeat(40)], /--key must be base64/],
    [["--host", "0.0.0.0"], /--host 0\.0\.0\.0 can be reached from elsewhere.*--key of your own/],
    [["--host", "::"], /can be reached from elsewhere/],
    [["--host", "127.0.0.1.example.com"], /can be reached from elsewhere/],
    [["--host", "0.0.0.0", "--key", DEVELOPMENT_KEY.replace(/=+$/, "")], /can be reached from elsewhere/],
  ])("refuses %j", (args, message) => expect(() => readOptions(args)).toThrow(message));

  it("names every mistake", () => {
    expect(() => readOptions(["--port", "x", "--account", "A", "--key", "k"])).toThrow(/--port .*\n--account .*\n--key /);
  });
});
