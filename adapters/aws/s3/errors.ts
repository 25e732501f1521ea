interface Described {
  readonly name?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** There is no such object. */
export function isMissing(error: unknown): boolean {
  const { name = "", $metadata } = error as Described;
  return name === "NoSuchKey" || name === "NotFound" || $metadata?.httpStatusCode === 404;
}

/** The range begins at or past the object's end. */
export function isPastEnd(error: unknown): boolean {
  const { name = "", $metadata } = error as Described;
  return name === "InvalidRange" || $metadata?.httpStatusCode === 416;
}
