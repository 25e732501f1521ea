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

/** Reads the command line; throws an error that lists every mistake. `undefined`: the user asked for help. */
export function readOptions(args: readonly string[]): ServerOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    allowPositionals: false,
    options: {
      port: { type: "string", default: String(DEFAULT_PORT) },
      host: { type: "string", default: "127.0.0.1" },
      data: { type: "string", default: ".shoal" },
      ephemeral: { type: "boolean", default: false },
      account: { type: "string", default: DEVELOPMENT_ACCOUNT },
      key: { type: "string", default: DEVELOPMENT_KEY },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const { host, data, ephemeral, account, key } = values;
  const mistakes: string[] = [];
  if (!/^\d{1,5}$/.test(values.port) || Number(values.port) > 65_535) mistakes.push(`--port must be from 0 to 65535, not "${values.port}"`);
  if (!/^[a-z0-9]{3,24}$/.test(account)) mistakes.push("--account must be 3 to 24 lower-case letters and digits");
  if (!isKey(key)) mistakes.push("--key must be base64 of at least 32 bytes; make one with: openssl rand -base64 64");
  if (!isLoopback(host) && key === DEVELOPMENT_KEY) {
    mistakes.push(`--host ${host} can be reached from elsewhere, and the development key is published: give a --key of your own`);
  }
  if (mistakes.length > 0) throw new Error(mistakes.join("\n"));
  return { host, port: Number(values.port), data, ephemeral, account, key };
}

function isKey(key: string): boolean {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(key) && Buffer.from(key, "base64").length >= 32;
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}
