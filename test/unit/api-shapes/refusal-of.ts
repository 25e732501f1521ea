import { Refusal } from "../../../core/domain/errors.ts";

/** The refusal that `act` ends in, as code and named property; fails when it ends otherwise. */
export function refusalOf(act: () => unknown): { code: string; property: string | undefined } {
  try {
    act();
  } catch (error) {
    if (error instanceof Refusal) return { code: error.code, property: error.details.PropertyName };
    throw error;
  }
  throw new Error("nothing was refused");
}
