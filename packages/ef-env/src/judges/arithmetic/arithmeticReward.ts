import { type CheckArithmeticOptions, checkArithmetic } from './checkArithmetic.ts';

/**
 * The share of a text's calculations that hold, 0 to 1; `null` if it has none. A text can raise it with
 * calculations nobody needs: give it a small weight beside a reward for the answer.
 *
 * @example
 * arithmeticReward('2 + 3 = 5, so 5 * 3 = 16.'); // 0.5
 */
export function arithmeticReward(
  completion: string,
  options: Pick<CheckArithmeticOptions, 'rounded'> = {},
): number | null {
  const { calculations } = checkArithmetic(completion, options);
  if (calculations.length === 0) return null;
  return calculations.filter(({ holds }) => holds).length / calculations.length;
}
