// Hooks of Node's loader, for load.mjs.
import { readFile } from 'node:fs/promises';

let bundles = {};

/** URL of a package's index.ts -> file that holds all of the package. */
export function initialize(data) {
  bundles = data;
}

export async function load(url, context, nextLoad) {
  const file = bundles[url];
  if (file === undefined) return nextLoad(url, context);
  return { format: 'module', source: await readFile(file), shortCircuit: true };
}
