/** What the stack tells the functions, read once: every name with its kind, all mistakes reported together, no value ever repeated. */
type Kind = "text" | "number" | "list";
type Value<K extends Kind> = K extends "number" ? number : K extends "list" ? readonly string[] : string;

const NAMES = {
  accountName: ["SHOAL_ACCOUNT_NAME", "text"],
  accountUrl: ["SHOAL_ACCOUNT_URL", "text"],
  service: ["SHOAL_SERVICE", "text"],
  region: ["AWS_REGION", "text"],
  table: ["SHOAL_TABLE", "text"],
  taskShards: ["SHOAL_TASK_SHARDS", "number"],
  bucket: ["SHOAL_BUCKET", "text"],
  bucketUrl: ["SHOAL_BUCKET_URL", "text"],
  eventsUrl: ["SHOAL_EVENTS_URL", "text"],
  doorbellUrl: ["SHOAL_DOORBELL_URL", "text"],
  workUrl: ["SHOAL_WORK_URL", "text"],
  heartbeatSeconds: ["SHOAL_HEARTBEAT_SECONDS", "number"],
  subnetIds: ["SHOAL_SUBNETS", "list"],
  keySecrets: ["SHOAL_KEY_SECRETS", "list"],
  nodeSecret: ["SHOAL_NODE_SECRET", "text"],
  awsAccount: ["SHOAL_AWS_ACCOUNT", "text"],
  identityCertificate: ["SHOAL_IDENTITY_CERTIFICATE", "text"],
  agentBucketUrl: ["SHOAL_AGENT_BUCKET_URL", "text"],
  agentKeys: ["SHOAL_AGENT_KEYS", "list"],
} as const satisfies Record<string, readonly [variable: string, kind: Kind]>;

export type Setting = keyof typeof NAMES;
export type Environment<S extends Setting> = { readonly [N in S]: Value<(typeof NAMES)[N][1]> };

/** The variable of a setting, for whoever writes it. */
export function variableOf(setting: Setting): string {
  return NAMES[setting][0];
}

/** Throws an error that names all that is missing or wrong. */
export function readEnvironment<S extends Setting>(
  variables: Readonly<Record<string, string | undefined>>,
  settings: readonly S[],
): Environment<S> {
  const mistakes: string[] = [];
  const entries = settings.map((setting) => {
    const [variable, kind] = NAMES[setting];
    const text = variables[variable];
    if (text === undefined || text === "") {
      mistakes.push(`${variable} is not set`);
      return [setting, ""];
    }
    if (kind === "list") return [setting, text.split(",")];
    if (kind === "text") return [setting, text];
    if (!/^[1-9]\d{0,8}$/.test(text)) mistakes.push(`${variable} is not a whole number above 0`);
    return [setting, Number(text)];
  });
  if (mistakes.length > 0) throw new Error(`The function's environment is not complete: ${mistakes.join("; ")}. Deploy the stack again.`);
  return Object.fromEntries(entries) as Environment<S>;
}
