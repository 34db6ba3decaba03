// Hooks of Node's loader, for load.mjs.
let bundles = [];

/** URL of a package's index.ts -> URL of the file that holds the package. */
export function initialize(data) {
  bundles = Object.entries(data).map(([index, file]) => ({
    index,
    file,
    folder: new URL('.', file).href,
  }));
}

/** A bundle finds other packages from the place of its sources. */
export async function resolve(specifier, context, nextResolve) {
  const isBare = !/^(?:\.{0,2}\/|[a-z]+:)/.test(specifier);
  const own = isBare && bundles.find(({ folder }) => context.parentURL?.startsWith(folder));
  return nextResolve(specifier, own ? { ...context, parentURL: own.index } : context);
}

export async function load(url, context, nextLoad) {
  const own = bundles.find(({ index }) => index === url);
  if (own === undefined) return nextLoad(url, context);
  const source = `export * from ${JSON.stringify(own.file)};`;
  return { format: 'module', source, shortCircuit: true };
}
