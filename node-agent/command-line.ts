/** A command line that cannot be split: its message says why. */
export class CommandLineError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "CommandLineError";
  }
}

export type Platform = "posix" | "windows";

/**
 * Splits a command line into a program and its arguments, without a shell: nothing is expanded, and operators are plain characters. Posix: the
 * quoting of sh (quotes of both kinds and the backslash). Windows: the rules of CommandLineToArgvW. Throws {@link CommandLineError}.
 */
export function splitCommandLine(line: string, platform: Platform): string[] {
  if (line.includes("\0")) throw new CommandLineError("the command line holds a NUL character.");
  const argv = platform === "windows" ? splitWindows(line) : splitPosix(line);
  if (argv[0] === undefined || argv[0] === "") throw new CommandLineError("the command line is empty.");
  return argv;
}

const isBlank = (c: string | undefined) => c === " " || c === "\t" || c === "\n" || c === "\r";
/** Within double quotes a backslash stays, except before these. */
const ESCAPED_IN_QUOTES = '"\\$`';

function splitPosix(line: string): string[] {
  const argv: string[] = [];
  let word: string | undefined;
  for (let i = 0; i < line.length; i++) {
    const c = line[i] as string;
    if (isBlank(c)) {
      if (word !== undefined) argv.push(word);
      word = undefined;
    } else if (c === "'") {
      const end = line.indexOf("'", i + 1);
      if (end === -1) throw new CommandLineError("a single quote is not closed.");
      word = (word ?? "") + line.slice(i + 1, end);
      i = end;
    } else if (c === '"') {
      const quoted = readDoubleQuoted(line, i + 1);
      word = (word ?? "") + quoted.text;
      i = quoted.end;
    } else if (c === "\\") {
      const next = line[++i];
      if (next === undefined) throw new CommandLineError("it ends in a backslash.");
      if (next !== "\n") word = (word ?? "") + next;
    } else word = (word ?? "") + c;
  }
  if (word !== undefined) argv.push(word);
  return argv;
}

function readDoubleQuoted(line: string, from: number): { text: string; end: number } {
  let text = "";
  for (let i = from; i < line.length; i++) {
    const c = line[i] as string;
    if (c === '"') return { text, end: i };
    const next = line[i + 1];
    if (c !== "\\" || next === undefined) text += c;
    else if (next === "\n") i++;
    else if (ESCAPED_IN_QUOTES.includes(next)) {
      text += next;
      i++;
    } else text += c;
  }
  throw new CommandLineError("a double quote is not closed.");
}

function splitWindows(line: string): string[] {
  const text = line.trimStart();
  const argv: string[] = [];
  // The program's name ends at the next quote or blank; a backslash means nothing in it, so that paths need no care.
  let at = text.startsWith('"') ? endOr(text, text.indexOf('"', 1)) : endOr(text, text.search(/[ \t]/));
  argv.push(text.startsWith('"') ? text.slice(1, at) : text.slice(0, at));
  if (text[at] === '"') at++;
  while (at < text.length) {
    while (text[at] === " " || text[at] === "\t") at++;
    if (at >= text.length) break;
    const word = readWindowsWord(text, at);
    argv.push(word.text);
    at = word.end;
  }
  return argv;
}

const endOr = (text: string, at: number) => (at === -1 ? text.length : at);

function readWindowsWord(line: string, from: number): { text: string; end: number } {
  let text = "";
  let quoted = false;
  let i = from;
  while (i < line.length && (quoted || (line[i] !== " " && line[i] !== "\t"))) {
    let backslashes = 0;
    while (line[i] === "\\") {
      backslashes++;
      i++;
    }
    if (line[i] !== '"') {
      text += "\\".repeat(backslashes);
      if (backslashes === 0) text += line[i++];
      continue;
    }
    text += "\\".repeat(Math.floor(backslashes / 2));
    i++;
    if (backslashes % 2 === 1) text += '"';
    else if (quoted && line[i] === '"') {
      // Two quotes within quotes are one quote, and the quoting goes on.
      text += '"';
      i++;
    } else quoted = !quoted;
  }
  return { text, end: i };
}
