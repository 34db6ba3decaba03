import { MolLossError } from './errors.ts';

/**
 * Alpha over the steps: from `from` to `alpha` in a straight line over `warmupSteps`, then constant.
 * The KL is 0 at the first step anyway; a warm-up lets the feedback move the model before the base holds it.
 *
 * @param options - `alpha` reached, `warmupSteps` to get there, `from` (default 0).
 * @returns alpha of a step, the first step being 0.
 * @throws {MolLossError} `option` if `warmupSteps` is negative.
 *
 * @example
 * const alphaAt = alphaSchedule({ alpha: 0.2, warmupSteps: 4 });
 * [alphaAt(0), alphaAt(2), alphaAt(9)]; // [0, 0.1, 0.2]
 */
export function alphaSchedule(options: {
  alpha: number;
  warmupSteps: number;
  from?: number;
}): (step: number) => number {
  const { alpha, warmupSteps, from = 0 } = options;
  if (!(warmupSteps >= 0)) {
    throw new MolLossError(
      'option',
      `alphaSchedule: warmupSteps must be >= 0, got ${warmupSteps}.`,
    );
  }
  return (step) => (step >= warmupSteps ? alpha : from + ((alpha - from) * step) / warmupSteps);
}
