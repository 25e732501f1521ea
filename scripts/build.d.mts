/** Writes dist/<program>.js, with its source map, for each program that is there. Rejects where one does not bundle. */
export function build(): Promise<void>;
