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
  job: ["jobManagerTask", "jobPreparationTask", "jobReleaseTask", "poolInfo.autoPoolSpecification", "usesTaskDependencies"],
  task: [
    "multiInstanceSettings",
    "dependsOn",
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

/** An empty list, an empty object and `false` ask for nothing. */
function asks(value: unknown, path: readonly string[]): boolean {
  if (Array.isArray(value)) return value.some((item) => asks(item, path));
  const [name, ...rest] = path;
  if (name === undefined) return typeof value === "object" && value !== null ? Object.keys(value).length > 0 : Boolean(value);
  return typeof value === "object" && value !== null && asks((value as Record<string, unknown>)[name], rest);
}
