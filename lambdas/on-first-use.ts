type Methods = { readonly [name: string]: (...parameters: never[]) => Promise<unknown> };

/** Stands for something whose methods all answer promises, and loads it when the first of them is called: most starts do without. */
export function onFirstUse<T extends object>(load: () => Promise<T>): T {
  let loaded: Promise<T> | undefined;
  return new Proxy({} as T, {
    get:
      (_, name) =>
      async (...parameters: never[]) => {
        loaded ??= load();
        const target = (await loaded) as unknown as Methods;
        return target[String(name)]?.(...parameters);
      },
  });
}
