import { Refusal } from "../../domain/errors.ts";

/** What the service understands but does not do yet. It says so rather than ignore it; the lists shrink as features come. */
const NOT_YET = {
  pool: [
    "enableAutoScale",
    "applicationPackageReferences",
    "certificateReferences",
    "mountConfiguration",
    "startTask.containerSettings",
    "startTask.resourceFiles.identityReference",
  ],
  job: [
    "jobManagerTask",
    "jobPreparationTask",
    "jobReleaseTask",
    "poolInfo.autoPoolSpecification",
    "usesTaskDependencies",
    "maxParallelTasks",
    "onTaskFailure",
  ],
  task: [
    "multiInstanceSettings",
    "dependsOn",
    "exitConditions",
    "containerSettings",
    "applicationPackageReferences",
    "authenticationTokenSettings",
    "outputFiles",
    "resourceFiles.identityReference",
  ],
} as const;

/** Throws NotImplemented, naming the property, where the body asks for something that is not done yet. */
export function refuseNotYet(kind: keyof typeof NOT_YET, body: unknown): void {
  for (const path of NOT_YET[kind]) {
    if (asks(body, path.split("."))) {
      throw new Refusal("NotImplemented", { PropertyName: path }, `The service does not support ${path} yet. Leave it out.`);
    }
  }
}

/** Values that ask for nothing: no, no limit, no action. */
const NOTHING: ReadonlySet<unknown> = new Set([undefined, null, false, -1, "noaction", ""]);

function asks(value: unknown, path: readonly string[]): boolean {
  if (Array.isArray(value)) return value.some((item) => asks(item, path));
  const [name, ...rest] = path;
  const isObject = typeof value === "object" && value !== null;
  if (name !== undefined) return isObject && asks((value as Record<string, unknown>)[name], rest);
  return isObject ? Object.keys(value).length > 0 : !NOTHING.has(value);
}
