import { finite, nonNegative, orNull } from '../base/checks.ts';
import { GrpoError } from '../base/errors.ts';
import { readOptions } from '../base/readOptions.ts';

/** State of TRL's entropy controller between optimiser steps: plain data that survives JSON, as checkpoints need. */
export interface EntropyControl {
  /** Coefficient for the next step. */
  coef: number;
  /** Mean entropy of the last step, nats. `null` before the first: no bonus is applied then. */
  lastEntropy: number | null;
}

export interface EntropyControlOptions {
  /** Entropy below which the coefficient rises. Default 0.2. */
  target?: number | undefined;
  /** Change per step. Default 0.005. */
  delta?: number | undefined;
  /** Bounds of the coefficient. Defaults 0 and 1. */
  min?: number | undefined;
  max?: number | undefined;
}

/**
 * One step of the adaptive entropy bonus.
 *
 *     entropy <= target: coef = min(coef + delta, max)        else: coef = max(coef - delta, min)
 *
 * @param control - for the first step `{ coef, lastEntropy: null }`.
 * @param entropy - mean entropy of the trained tokens over the whole optimiser step.
 * @throws {GrpoError} `option` for an entropy that is NaN or negative, a coefficient that is none, or bounds that cross.
 *
 * @example
 * adaptiveEntropyCoef({ coef: 0.05, lastEntropy: 0.3 }, 0.1); // { coef: 0.055, lastEntropy: 0.1 }
 *
 * @see Skywork 2025, Skywork Open Reasoner 1: https://arxiv.org/abs/2505.22312
 */
export function adaptiveEntropyCoef(
  control: EntropyControl,
  entropy: number,
  options: EntropyControlOptions = {},
): EntropyControl {
  const where = 'adaptiveEntropyCoef';
  const { target, delta, min, max } = readControl(where, control, options);
  nonNegative(where, 'entropy', entropy);
  const coef =
    entropy <= target ? Math.min(control.coef + delta, max) : Math.max(control.coef - delta, min);
  return { coef, lastEntropy: entropy };
}

/** What reads the entropy of the last step: Infinity is what versions before the `null` wrote. */
const controlChecks = () => ({ coef: nonNegative, lastEntropy: orNull(lastEntropy) });
const CHECKS = { target: finite, delta: nonNegative, min: nonNegative, max: nonNegative };

function lastEntropy(where: string, name: string, value: unknown): void {
  if (value !== Infinity) nonNegative(where, name, value);
}

function readControl(where: string, control: EntropyControl, options: EntropyControlOptions) {
  const { coef, lastEntropy } = readOptions<EntropyControl>(where, control, {
    checks: controlChecks(),
    required: ['coef', 'lastEntropy'],
  });
  const given = readOptions<EntropyControlOptions>(where, options, { checks: CHECKS });
  const { target = 0.2, delta = 0.005, min = 0, max = 1 } = given;
  if (min > max) throw new GrpoError('option', `${where}: min ${min} is above max ${max}.`);
  return { coef, lastEntropy, target, delta, min, max };
}

/**
 * The coefficient to pass as `entropyCoef` in this step: the controller's, but 0 while entropy is above target.
 *
 * @throws {GrpoError} as `adaptiveEntropyCoef`.
 *
 * @example
 * appliedEntropyCoef({ coef: 0.05, lastEntropy: 0.3 }, { target: 0.2 }); // 0
 */
export function appliedEntropyCoef(
  control: EntropyControl,
  options: EntropyControlOptions = {},
): number {
  const { coef, lastEntropy, target } = readControl('appliedEntropyCoef', control, options);
  return lastEntropy !== null && lastEntropy <= target ? coef : 0;
}
