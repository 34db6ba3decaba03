import { assertNumber } from '../base/assertNumber.ts';
import { type Names, readFields } from '../base/readFields.ts';

interface AlphaScheduleOptions {
  /** Alpha after the warm-up, >= 0. */
  alpha: number;
  /** Steps to get there. */
  warmupSteps: number;
  /** Alpha at step 0, >= 0. Default 0. */
  from?: number | undefined;
}

const OPTIONS: Names<AlphaScheduleOptions> = { alpha: true, warmupSteps: true, from: true };

/**
 * Alpha over the steps: from `from` to `alpha` in a straight line over `warmupSteps`, then constant.
 * The KL is 0 at the first step anyway; a warm-up lets the feedback move the model before the base holds it.
 *
 * @param options - `alpha` reached, `warmupSteps` to get there, `from` (default 0).
 * @returns alpha of a step, the first step being 0. It throws `option` for a step that is no integer >= 0.
 * @throws {MolLossError} `option` if `warmupSteps` is no integer >= 0, or `alpha` or `from` is negative.
 *
 * @example
 * const alphaAt = alphaSchedule({ alpha: 0.2, warmupSteps: 4 });
 * [alphaAt(0), alphaAt(2), alphaAt(9)]; // [0, 0.1, 0.2]
 */
export function alphaSchedule(options: AlphaScheduleOptions): (step: number) => number {
  const where = 'alphaSchedule';
  const { alpha, warmupSteps, from = 0 } = readFields(where, options, { known: OPTIONS });
  assertNumber(`${where}: alpha`, alpha, { min: 0 });
  assertNumber(`${where}: warmupSteps`, warmupSteps, { integer: true, min: 0 });
  assertNumber(`${where}: from`, from, { min: 0 });
  return (step) => {
    assertNumber(`${where}: step`, step, { integer: true, min: 0 });
    return step >= warmupSteps ? alpha : from + ((alpha - from) * step) / warmupSteps;
  };
}
