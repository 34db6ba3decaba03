/** How `node` is asked to run a program of ours, as `scripts/bootstrap.mjs` does. */
export const NODE_FLAGS: readonly string[] = [
  '--conditions=@molrl/source',
  '--import',
  new URL('../../scripts/load.mjs', import.meta.url).href,
];
