import { Refusal } from "../../domain/errors.ts";

/** Checks what stands at `path` of a body by rules that know it alone: a refusal names its property from the root of the body. */
export function within<T>(path: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof Refusal) || error.details.PropertyName === undefined) throw error;
    throw new Refusal(error.code, { ...error.details, PropertyName: `${path}.${error.details.PropertyName}` }, error.message);
  }
}
