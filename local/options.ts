import { isIPv4 } from "node:net";
import { parseArgs } from "node:util";

/** The development account that anybody may know, as the well-known accounts of storage emulators are. Its key is no secret: loopback only. */
export const DEVELOPMENT_ACCOUNT = "shoal";
export const DEVELOPMENT_KEY = "c2hvYWwtZGV2ZWxvcG1lbnQtYWNjb3VudC1rZXktd2VsbC1rbm93bi1hbmQtbm90LWEtc2VjcmV0LWF0LWFsbA==";
export const DEFAULT_PORT = 8470;

export interface ServerOptions {
  readonly host: string;
  readonly port: number;
  readonly data: string;
  /** The data folder is made anew, and gone when the server stops. */
  readonly ephemeral: boolean;
  readonly account: string;
  /** Base64. */
  readonly key: string;
}

export const HELP = `Usage: npm start -- [options]      (or: node dist/shoal.js [options])

Runs Shoal on this machine: a server that speaks the Azure Batch REST API. Its pools' nodes
are processes of this machine, and all its state is in one folder.

Options
  --port N        port to listen on (default ${DEFAULT_PORT}; 0 takes any free one)
  --host ADDRESS  address to listen on (default 127.0.0.1). Another address than loopback
                  needs a --key of your own, since the development key is published
  --data FOLDER   where the state, the files and the nodes are kept (default .shoal)
  --ephemeral     keep nothing: a fresh folder, removed at the end
  --account NAME  account name (default ${DEVELOPMENT_ACCOUNT})
  --key KEY       account key, base64 (default: the well-known development key)
  --help          this text

Stop it with Ctrl+C: running tasks are given back, and run again at the next start.

Point a client at it:
  URL      http://127.0.0.1:${DEFAULT_PORT}
  account  ${DEVELOPMENT_ACCOUNT}
  key      ${DEVELOPMENT_KEY}
`;

const OPTIONS = {
  port: { type: "string" },
  host: { type: "string" },
  data: { type: "string" },
  ephemeral: { type: "boolean" },
  account: { type: "string" },
  key: { type: "string" },
  help: { type: "boolean" },
} as const;

/** Reads the command line; throws an error that lists every mistake. `undefined`: the user asked for help. */
export function readOptions(args: readonly string[]): ServerOptions | undefined {
  const { tokens } = parseArgs({ args: [...args], options: OPTIONS, strict: false, tokens: true });
  const mistakes: string[] = [];
  const given = new Map<string, string>();
  for (const token of tokens) {
    if (token.kind === "positional") mistakes.push(`"${token.value}" is no option: every option begins with --`);
    if (token.kind !== "option") continue;
    const { name, rawName, value } = token;
    const known = Object.hasOwn(OPTIONS, name) && rawName.startsWith("--") ? OPTIONS[name as keyof typeof OPTIONS] : undefined;
    if (!known) mistakes.push(`there is no option ${rawName}`);
    else if (known.type === "boolean" && value !== undefined) mistakes.push(`${rawName} takes no value`);
    else if (known.type === "string" && (value === undefined || value === "" || looksLikeOption(token)))
      mistakes.push(`${rawName} needs a value`);
    else if (given.has(name)) mistakes.push(`${rawName} is given twice`);
    given.set(name, value ?? "");
  }
  if (given.has("help")) return undefined;
  const {
    port = String(DEFAULT_PORT),
    host = "127.0.0.1",
    account = DEVELOPMENT_ACCOUNT,
    key = DEVELOPMENT_KEY,
  } = Object.fromEntries(given) as Partial<Record<keyof typeof OPTIONS, string>>;
  const ephemeral = given.has("ephemeral");
  if (mistakes.length === 0) {
    if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) mistakes.push(`--port must be from 0 to 65535, not "${port}"`);
    if (ephemeral && given.has("data")) mistakes.push("--ephemeral makes a folder of its own: leave out --data");
    if (!/^[a-z0-9]{3,24}$/.test(account)) mistakes.push("--account must be 3 to 24 lower-case letters and digits");
    if (!isKey(key)) mistakes.push("--key must be base64 of at least 32 bytes; make one with: openssl rand -base64 64");
    else if (!isLoopback(host) && isDevelopmentKey(key))
      mistakes.push(`--host ${host} can be reached from elsewhere, and the development key is published: give a --key of your own`);
  }
  if (mistakes.length > 0) throw new Error(mistakes.map(sentence).join("\n"));
  return { host, port: Number(port), data: given.get("data") ?? ".shoal", ephemeral, account, key };
}

/** Whatever way it is written. */
export function isDevelopmentKey(key: string): boolean {
  return Buffer.from(key, "base64").equals(Buffer.from(DEVELOPMENT_KEY, "base64"));
}

/** As in `--data --port 1`, where the value was forgotten; `--data=--odd` is meant. */
function looksLikeOption(token: { readonly value?: string | undefined; readonly inlineValue?: boolean | undefined }): boolean {
  return token.inlineValue !== true && token.value?.startsWith("--") === true;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function isKey(key: string): boolean {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(key) && Buffer.from(key, "base64").length >= 32;
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));
}
