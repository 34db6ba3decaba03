/**
 * What it means to go on with other kernels than those that computed a run so far.
 *
 * @param before - File name of their library, e.g. `kernels-v3.so`; undefined for checkpoints that do not say.
 * @returns Undefined if they are the same.
 */
export function otherEngine(before: string | undefined, now: string): string | undefined {
  if (before === undefined || before === now) return undefined;
  return `the run was computed by ${before}, this is ${now}: they round sums differently, so it would not end as it would have there`;
}
