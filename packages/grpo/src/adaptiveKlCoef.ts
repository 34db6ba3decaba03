/**
 * Next KL coefficient: raised while the measured KL is above target, lowered below it.
 *
 *     next = coef * (1 + clip(kl / target - 1, -0.2, 0.2) * steps / horizon)
 *
 * A fixed controller is a constant and needs no function.
 *
 * @param coef - current coefficient. @param kl - measured mean KL, nats.
 * @returns the coefficient of the next step.
 *
 * @example
 * adaptiveKlCoef(0.2, 0.2, { target: 0.1, horizon: 100, steps: 10 }); // 0.204
 *
 * @see Ziegler et al. 2019: https://arxiv.org/abs/1909.08593
 */
export function adaptiveKlCoef(
  coef: number,
  kl: number,
  options: { target: number; horizon: number; steps: number },
): number {
  const { target, horizon, steps } = options;
  const error = Math.min(0.2, Math.max(-0.2, kl / target - 1));
  return coef * (1 + (error * steps) / horizon);
}
