import { Refusal } from "../../domain/errors.ts";

/** What the service understands but does not do yet. It says so rather than ignore it; the lists shrink as features come. */
const NOT_YET = {
  pool: paths(
    "enableAutoScale",
    "applicationPackageReferences",
    "certificateReferences",
    "mountConfiguration",
    "startTask.containerSettings.registry.identityReference",
    "virtualMachineConfiguration.containerConfiguration.containerRegistries.identityReference",
    "startTask.resourceFiles.identityReference",
  ),
  job: paths(
    "jobPreparationTask.containerSettings.registry.identityReference",
    "jobPreparationTask.resourceFiles.identityReference",
    "jobReleaseTask.containerSettings.registry.identityReference",
    "jobReleaseTask.resourceFiles.identityReference",
  ),
  task: paths(
    "containerSettings.registry.identityReference",
    "applicationPackageReferences",
    "outputFiles.destination.container.identityReference",
    "resourceFiles.identityReference",
  ),
};

type Kind = keyof typeof NOT_YET;

function paths(...all: readonly string[]): readonly { readonly path: string; readonly names: readonly string[] }[] {
  return all.map((path) => ({ path, names: path.split(".") }));
}

/** Throws NotImplemented, naming the property, where the body asks for something that is not done yet. */
export function refuseNotYet(kind: Kind, body: unknown): void {
  const asked = NOT_YET[kind].find(({ names }) => asks(body, names, 0));
  if (!asked) return;
  throw new Refusal("NotImplemented", { PropertyName: asked.path }, `The service does not support ${asked.path} yet. Leave it out.`);
}

/** Values that ask for nothing: no, no limit, no action. An empty list or object asks for nothing either. */
const NOTHING: ReadonlySet<unknown> = new Set([undefined, null, false, -1, "noaction", ""]);

/** Whether there is something under the names from `depth` on. */
function asks(value: unknown, names: readonly string[], depth: number): boolean {
  if (Array.isArray(value)) return value.some((item) => asks(item, names, depth));
  const isObject = typeof value === "object" && value !== null;
  const name = names[depth];
  if (name !== undefined) return isObject && asks((value as Record<string, unknown>)[name], names, depth + 1);
  return isObject ? Object.keys(value).length > 0 : !NOTHING.has(value);
}
