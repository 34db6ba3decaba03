import { assertFiniteTokens } from '../base/assertTokens.ts';
import { share } from '../base/checks.ts';
import { readOptions } from '../base/readOptions.ts';
import { readTokenData } from '../base/readTokenData.ts';
import type { TokenRewards } from './reinforcePlusPlusAdvantages.ts';

export interface GaeOptions {
  /** Discount per trained token, 0 to 1. Default 1. */
  gamma?: number | undefined;
  /** Trade between bias (0: one-step TD error) and variance (1: Monte Carlo). Default 1. */
  lambda?: number | undefined;
}

/**
 * Generalised advantage estimation with a critic. Masked-out tokens are skipped, as if the sequence had no such token.
 *
 *     delta[t] = r[t] + gamma V[t+1] - V[t]       A[t] = delta[t] + gamma lambda A[t+1]      returns = A + V
 *
 * @param data - token rewards and `values` `[B*T]`, the critic's value before each token.
 * @returns `advantages` and `returns`, `[B*T]`, 0 where masked.
 * @throws {GrpoError} `shape` if the lengths do not fit, `not-finite` at a trained token, `option`.
 *
 * @example
 * gae({ tokenRewards: [1, 2, 3], values: [0.5, 1, 1.5], completionMask: [1, 1, 1], sequenceLength: 3 }).returns;
 * // Float64Array [6, 5, 3]
 *
 * @see Schulman et al. 2015: https://arxiv.org/abs/1506.02438
 */
export function gae(
  data: TokenRewards & { values: ArrayLike<number> },
  options: GaeOptions = {},
): { advantages: Float64Array; returns: Float64Array } {
  const { gamma = 1, lambda = 1 } = readOptions<GaeOptions>('gae', options, {
    checks: {
      gamma: share,
      lambda: share,
    },
  });
  const { fields, mask, rows } = readTokenData('gae', data, ['tokenRewards', 'values']);
  const { tokenRewards, values, sequenceLength } = fields;
  assertFiniteTokens('gae', { tokenRewards }, { mask, layout: sequenceLength });
  assertFiniteTokens('gae', { values }, { mask, layout: sequenceLength });
  const advantages = new Float64Array(tokenRewards.length);
  const returns = new Float64Array(tokenRewards.length);
  for (let row = 0; row < rows; row++) {
    let [nextValue, run] = [0, 0];
    for (let i = (row + 1) * sequenceLength - 1; i >= row * sequenceLength; i--) {
      if (mask[i] === 0) continue;
      run = tokenRewards[i]! + gamma * nextValue - values[i]! + gamma * lambda * run;
      nextValue = values[i]!;
      advantages[i] = run;
      returns[i] = run + values[i]!;
    }
  }
  return { advantages, returns };
}
