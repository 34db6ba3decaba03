import { finite, flag, nonNegative, positive } from '../base/checks.ts';
import { readOptions } from '../base/readOptions.ts';

export interface CosineScaledRewardOptions {
  /** Length at which the schedule ends, tokens. */
  maxLength: number;
  /** Reward of a wrong answer at length 0, and at `maxLength`. Defaults -1 and -0.5. */
  minValueWrong?: number | undefined;
  maxValueWrong?: number | undefined;
  /** Reward of a right answer at `maxLength`, and at length 0. Defaults 0.5 and 1. */
  minValueCorrect?: number | undefined;
  maxValueCorrect?: number | undefined;
}

const CHECKS = {
  maxLength: positive,
  minValueWrong: finite,
  maxValueWrong: finite,
  minValueCorrect: finite,
  maxValueCorrect: finite,
};

/**
 * Reward by correctness and length: right answers earn more when short, wrong ones lose less when long.
 *
 *     min + (max - min) / 2 * (1 + cos(pi * min(1, length / maxLength)))        wrong: min and max swapped
 *
 * @param correct - `null` = cannot be judged: the reward is `null` too. @param length - tokens.
 *
 * @throws {GrpoError} `missing` without `maxLength`; `option` for a length that is no number >= 0, or a judgement that is none.
 *
 * @example
 * cosineScaledReward(true, 50, { maxLength: 100 }); // 0.75
 *
 * @see Yeo et al. 2025, Demystifying Long Chain-of-Thought Reasoning: https://arxiv.org/abs/2502.03373
 */
export function cosineScaledReward(
  correct: boolean | null,
  length: number,
  options: CosineScaledRewardOptions,
): number | null {
  const where = 'cosineScaledReward';
  const given = readOptions<CosineScaledRewardOptions>(where, options, {
    checks: CHECKS,
    required: ['maxLength'],
  });
  const { maxLength, minValueWrong = -1, maxValueWrong = -0.5 } = given;
  const { minValueCorrect = 0.5, maxValueCorrect = 1 } = given;
  if (correct !== null) flag(where, 'correct', correct);
  nonNegative(where, 'length', length);
  if (correct === null) return null;
  const [low, high] = correct ? [minValueCorrect, maxValueCorrect] : [maxValueWrong, minValueWrong];
  const cosine = Math.cos(Math.PI * Math.min(1, length / maxLength));
  return low + 0.5 * (high - low) * (1 + cosine);
}
