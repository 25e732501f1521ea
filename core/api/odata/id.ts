/** Whether a text can be the id of a pool, node, job or task; compared without case, kept with it. */
export function isId(text: string): boolean {
  return /^[A-Za-z0-9_-]{1,64}$/.test(text);
}
