/** The only source of randomness in core. */
export interface Ids {
  /** 16 characters of [0-9a-z], never given before; later ones sort after earlier ones of the same process and, to the millisecond, of others. */
  next(): string;
}
