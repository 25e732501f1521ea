import { durationMs } from "../../domain/duration.ts";
import { invalidProperty, Refusal } from "../../domain/errors.ts";

const ID = /^[A-Za-z0-9_-]{1,64}$/;
const MAX_DISPLAY_NAME = 1024;
const MAX_SLOTS = 256;

/** An id of a pool, job or task. */
export function checkId(id: string, path: string): void {
  if (!ID.test(id)) throw invalidProperty(path, id, "The value must be 1 to 64 letters, digits, hyphens and underscores.");
}

/** A display name, where there is one. */
export function checkDisplayName(name: string | undefined, path: string): void {
  if (name !== undefined && name.length > MAX_DISPLAY_NAME) {
    throw invalidProperty(path, name, `The value must be at most ${MAX_DISPLAY_NAME} characters.`);
  }
}

/** A number, where there is one: `minimum` and `maximum` are allowed. */
export function checkRange(value: number | undefined, path: string, minimum: number, maximum: number): void {
  if (value === undefined) return;
  if (value < minimum || value > maximum) throw invalidProperty(path, value, `The value must be from ${minimum} to ${maximum}.`);
}

/** A number of task slots, where there is one. */
export function checkSlots(slots: number | undefined, path: string): void {
  checkRange(slots, path, 1, MAX_SLOTS);
}

/** How often a failed task is tried again, where it is given. */
export function checkRetryCount(count: number | undefined, path: string): void {
  if (count !== undefined && count < -1) throw invalidProperty(path, count, "The value must be -1 (no limit), 0 or greater.");
}

/** A duration, where there is one: at least `minimum`, itself a duration such as `PT5M`. */
export function checkDuration(value: string | undefined, path: string, minimum: string): void {
  if (value !== undefined && durationMs(value) < durationMs(minimum)) {
    throw invalidProperty(path, value, `The value must be at least ${minimum}.`);
  }
}

/** A limit on time, where there is one: it must leave some. */
export function checkTimeLimit(value: string | undefined, path: string): void {
  if (value !== undefined && durationMs(value) === 0) throw invalidProperty(path, value, "The value must be greater than PT0S.");
}

/** What an operating system takes in a command line or an environment. */
export function checkText(value: string | undefined, path: string): void {
  if (value?.includes("\0")) throw invalidProperty(path, value.replaceAll("\0", "?"), "The value must not hold the character NUL.");
}

/** A text that must say something. */
export function checkNotEmpty(value: string, path: string): void {
  if (value.trim() === "") throw new Refusal("MissingRequiredProperty", { PropertyName: path });
}
