/** Ends a switch over a union: the compiler refuses a case left out. Throws should one come all the same, from data of another version. */
export function assertExhaustive(value: never): never {
  throw new Error(`Unhandled case: ${JSON.stringify(value)}`);
}
