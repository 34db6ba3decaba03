import { count, finite, nonNegative, positive } from '../base/checks.ts';
import { GrpoError } from '../base/errors.ts';
import { readOptions } from '../base/readOptions.ts';

export interface AdaptiveKlCoefOptions {
  /** Mean KL that is aimed at, nats. */
  target: number;
  /** Samples over which the coefficient may change by its own size. */
  horizon: number;
  /** Samples since the last call. */
  steps: number;
}

const REQUIRED = ['target', 'horizon', 'steps'] as const;
const CHECKS = { target: positive, horizon: positive, steps: count };

/** The relative error is held to this, on either side. */
const LARGEST_ERROR = 0.2;

/**
 * Next KL coefficient: raised while the measured KL is above target, lowered below it.
 *
 *     next = coef * (1 + clip(kl / target - 1, -0.2, 0.2) * steps / horizon)
 *
 * A fixed controller is a constant and needs no function.
 *
 * @param coef - current coefficient. @param kl - measured mean KL, nats.
 * @returns the coefficient of the next step.
 * @throws {GrpoError} `option` for a KL that is not finite, or for steps so many beyond the horizon (five times) that the
 * coefficient could turn negative; `missing`.
 *
 * @example
 * adaptiveKlCoef(0.2, 0.2, { target: 0.1, horizon: 100, steps: 10 }); // 0.204
 *
 * @see Ziegler et al. 2019: https://arxiv.org/abs/1909.08593
 */
export function adaptiveKlCoef(coef: number, kl: number, options: AdaptiveKlCoefOptions): number {
  const where = 'adaptiveKlCoef';
  const given = readOptions<AdaptiveKlCoefOptions>(where, options, {
    checks: CHECKS,
    required: REQUIRED,
  });
  const { target, horizon, steps } = given;
  nonNegative(where, 'coef', coef);
  finite(where, 'kl', kl);
  if (steps * LARGEST_ERROR > horizon) {
    throw new GrpoError(
      'option',
      `${where}: ${steps} steps are too many for a horizon of ${horizon}: the coefficient would turn negative. Raise horizon.`,
    );
  }
  const error = Math.min(LARGEST_ERROR, Math.max(-LARGEST_ERROR, kl / target - 1));
  return coef * (1 + (error * steps) / horizon);
}
