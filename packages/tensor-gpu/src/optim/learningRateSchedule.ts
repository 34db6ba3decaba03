import { TensorGpuError } from '../base/errors.ts';
import { assertInteger, knownOptions } from '../base/knownOptions.ts';

export interface LearningRateScheduleOptions {
  /** `'constant'`: 1 after the warm-up. `'linear'`: constant, then linear to `minRatio`. */
  type: 'constant' | 'linear';
  /** Steps over which the multiplier rises linearly to 1. 0: none. */
  warmupSteps: number;
  /** Steps of the whole run; step `totalSteps - 1` is the last. */
  totalSteps: number;
  /** `'linear'`: fraction of the run at which the decay starts. Default: the end of the warm-up. */
  decayFrom?: number | undefined;
  /** `'linear'`: multiplier at the end of the run. Default 0. */
  minRatio?: number | undefined;
}

/**
 * Multiplier of the learning rate at each step: warm-up, constant part, linear decay.
 *
 *     warm-up   min(1, (t + 1) / warmupSteps)
 *     decay     1 - (1 - minRatio) * clamp((t / totalSteps - decayFrom) / (1 - decayFrom), 0, 1)
 *
 * and the result is their product. `t` counts from 0.
 *
 * @returns A pure function of the step; unitless, to be multiplied with the learning rate.
 * @throws {TensorGpuError} `option` if a count is not an integer >= 0 (`totalSteps` >= 1), if
 * `decayFrom` is outside [0, 1) or `minRatio` outside [0, 1].
 *
 * @example
 * const ratio = learningRateSchedule({ type: 'linear', warmupSteps: 2, totalSteps: 10, decayFrom: 0.6, minRatio: 0.1 });
 * [0, 1, 5, 8].map(ratio); // [0.5, 1, 1, 0.55]
 */
export function learningRateSchedule(
  options: LearningRateScheduleOptions,
): (step: number) => number {
  const given = knownOptions('learningRateSchedule', options, [
    ...['type', 'warmupSteps', 'totalSteps', 'decayFrom', 'minRatio'],
  ]);
  const { type, warmupSteps, totalSteps, minRatio = 0 } = given;
  const { decayFrom = Math.min(warmupSteps, totalSteps - 1) / totalSteps } = given;
  const check = (good: boolean, text: string) => {
    if (!good) throw new TensorGpuError('option', `learningRateSchedule: ${text}.`);
  };
  check(
    type === 'constant' || type === 'linear',
    `type must be 'constant' or 'linear', got '${type}'`,
  );
  check(
    Number.isInteger(warmupSteps) && warmupSteps >= 0,
    `warmupSteps must be an integer >= 0, got ${warmupSteps}`,
  );
  check(
    Number.isInteger(totalSteps) && totalSteps >= 1,
    `totalSteps must be an integer >= 1, got ${totalSteps}`,
  );
  check(decayFrom >= 0 && decayFrom < 1, `decayFrom must be in [0, 1), got ${decayFrom}`);
  check(minRatio >= 0 && minRatio <= 1, `minRatio must be in [0, 1], got ${minRatio}`);

  return (step) => {
    assertInteger('learningRateSchedule: step', step, [0]);
    const warmup = warmupSteps === 0 ? 1 : Math.min(1, (step + 1) / warmupSteps);
    if (type === 'constant') return warmup;
    const decayed = (step / totalSteps - decayFrom) / (1 - decayFrom);
    return warmup * (1 - (1 - minRatio) * Math.min(1, Math.max(0, decayed)));
  };
}
