/** State of TRL's entropy controller between optimiser steps. */
export interface EntropyControl {
  /** Coefficient for the next step. */
  coef: number;
  /** Mean entropy of the last step, nats. Infinity before the first: no bonus is applied then. */
  lastEntropy: number;
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
 * @param entropy - mean entropy of the trained tokens over the whole optimiser step.
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
  const { target = 0.2, delta = 0.005, min = 0, max = 1 } = options;
  const coef =
    entropy <= target ? Math.min(control.coef + delta, max) : Math.max(control.coef - delta, min);
  return { coef, lastEntropy: entropy };
}

/**
 * The coefficient to pass as `entropyCoef` in this step: the controller's, but 0 while entropy is above target.
 *
 * @example
 * appliedEntropyCoef({ coef: 0.05, lastEntropy: 0.3 }, { target: 0.2 }); // 0
 */
export function appliedEntropyCoef(
  control: EntropyControl,
  options: EntropyControlOptions = {},
): number {
  const { target = 0.2 } = options;
  return control.lastEntropy <= target ? control.coef : 0;
}
