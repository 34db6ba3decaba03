import { assertLength } from '../base/assertTokens.ts';
import { count, finite, wholeNumber } from '../base/checks.ts';
import { GrpoError } from '../base/errors.ts';
import { readOptions } from '../base/readOptions.ts';

export interface RepetitionPenaltyOptions {
  /** Tokens per n-gram. Default 3. */
  ngramSize?: number | undefined;
  /** Penalty of a text that only repeats, <= 0. Default -1. */
  maxPenalty?: number | undefined;
}

const CHECKS = { ngramSize: count, maxPenalty: finite };

/**
 * Penalty for repeated n-grams of tokens.
 *
 *     maxPenalty * (1 - distinct n-grams / n-grams)        0 for fewer than n tokens
 *
 * @throws {GrpoError} `option` if `maxPenalty` is positive or no number, or `ngramSize` no integer >= 1.
 *
 * @example
 * repetitionPenalty([5, 5, 5, 5, 5], { ngramSize: 2 }); // -0.75
 *
 * @see Yeo et al. 2025, Demystifying Long Chain-of-Thought Reasoning: https://arxiv.org/abs/2502.03373
 */
export function repetitionPenalty(
  completionIds: ArrayLike<number>,
  options: RepetitionPenaltyOptions = {},
): number {
  const given = readOptions<RepetitionPenaltyOptions>('repetitionPenalty', options, {
    checks: CHECKS,
  });
  const { ngramSize = 3, maxPenalty = -1 } = given;
  if (maxPenalty > 0) {
    throw new GrpoError('option', `repetitionPenalty: maxPenalty must be <= 0, got ${maxPenalty}.`);
  }
  assertLength('repetitionPenalty', { completionIds });
  const ids = Array.from(completionIds);
  ids.forEach((id, i) => {
    wholeNumber('repetitionPenalty', `completionIds[${i}]`, id);
  });
  const count = ids.length - ngramSize + 1;
  if (count < 1) return 0;
  const distinct = new Set<string>();
  for (let i = 0; i < count; i++) distinct.add(ids.slice(i, i + ngramSize).join(' '));
  const repeated = 1 - distinct.size / count;
  return repeated === 0 ? 0 : repeated * maxPenalty;
}
