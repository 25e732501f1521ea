import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CommandLineError, splitCommandLine } from "../../../node-agent/command-line.ts";

const noNul = fc.string({ unit: "grapheme" }).filter((text) => !text.includes("\0"));
const program = noNul.filter((text) => text !== "");

describe("posix", () => {
  const split = (line: string) => splitCommandLine(line, "posix");

  it.each([
    [`/bin/sh -c 'echo "a  b" $X'`, ["/bin/sh", "-c", 'echo "a  b" $X']],
    [`sh -c "echo \\"hi\\" \\$X \\n"`, ["sh", "-c", 'echo "hi" $X \\n']],
    ["  a\tb\n c ", ["a", "b", "c"]],
    [`a '' ""`, ["a", "", ""]],
    [`a\\ b 'c'"d"e`, ["a b", "cde"]],
    ["ls *.txt > $HOME | cat && b; c", ["ls", "*.txt", ">", "$HOME", "|", "cat", "&&", "b;", "c"]],
  ])("%s", (line, argv) => expect(split(line)).toEqual(argv));

  it.each([["a 'b"], ['a "b'], ["a \\"], [""], ["   "], ["''"], ["a\0b"]])("refuses %j", (line) =>
    expect(() => split(line)).toThrow(CommandLineError),
  );

  it("gives back whatever was quoted", () => {
    const single = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
    const double = (text: string) => `"${text.replace(/["\\$`]/g, "\\$&")}"`;
    fc.assert(
      fc.property(program, fc.array(noNul), fc.constantFrom(single, double), (first, rest, quote) => {
        expect(split([first, ...rest].map(quote).join(" \t"))).toEqual([first, ...rest]);
      }),
    );
  });
});

describe("windows", () => {
  const split = (line: string) => splitCommandLine(line, "windows");

  it.each([
    [`cmd /c "echo hi"`, ["cmd", "/c", "echo hi"]],
    [`"C:\\Program Files\\x.exe" a\\b "c\\\\" d\\"e`, ["C:\\Program Files\\x.exe", "a\\b", "c\\", 'd"e']],
    [`a a\\\\\\"b "c d"e f`, ["a", 'a\\"b', "c de", "f"]],
    [`a "b""c" 'd e'`, ["a", 'b"c', "'d", "e'"]],
    [`a "" `, ["a", ""]],
  ])("%s", (line, argv) => expect(split(line)).toEqual(argv));

  it("gives back whatever was quoted", () => {
    const quote = (text: string) =>
      `"${text.replace(/(\\*)("|$)/g, (_, slashes: string, end: string) => slashes + slashes + (end === '"' ? '\\"' : ""))}"`;
    const word = noNul.filter((text) => !/[\r\n]/.test(text));
    fc.assert(
      fc.property(fc.array(word), (rest) => {
        expect(split(`prog ${rest.map(quote).join(" ")}`)).toEqual(["prog", ...rest]);
      }),
    );
  });
});
