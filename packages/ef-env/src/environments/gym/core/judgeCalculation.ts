import { evaluateArithmetic } from '../../../numbers/evaluateArithmetic.ts';
import { compareRationals, rational } from '../../../numbers/rational.ts';
import { type GymVerdict, RIGHT, wrong } from './gymFamily.ts';

/** The integers written in a calculation. */
export const integersIn = (text: string): number[] => (text.match(/\b\d+\b/g) ?? []).map(Number);

/** The first number used that is not there (any more), or one that is left over, in words; `null` if none. */
function numbersMistake(used: readonly number[], given: readonly number[]): string | null {
  const left = [...given];
  for (const n of used) {
    const at = left.indexOf(n);
    if (at < 0)
      return given.includes(n)
        ? `${n} is used more often than it is given.`
        : `${n} is not one of the numbers.`;
    left.splice(at, 1);
  }
  return left.length > 0 ? `${left[0]} is not used.` : null;
}

/** Strict judge of a calculation that must use each of the given numbers once and have the target's value. */
export function judgeCalculation(
  answer: string,
  numbers: readonly number[],
  target: number,
): GymVerdict {
  const value = evaluateArithmetic(answer);
  if (value === null || /\*\*|\/\/|%|\d\.|\.\d/.test(answer))
    return wrong('That is no calculation with + - * / and brackets.');
  const mistake = numbersMistake(integersIn(answer), numbers);
  if (mistake !== null) return wrong(mistake);
  if (compareRationals(value, rational(target)) === 0) return RIGHT;
  const shown =
    value.denominator === 1n ? `${value.numerator}` : `${value.numerator}/${value.denominator}`;
  return wrong(`The calculation gives ${shown}, not ${target}.`);
}
