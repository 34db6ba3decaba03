import { compareRationals, rational } from '../graders/math/rational.ts';
import type { Random } from '../random.ts';
import { evaluateArithmetic } from './gym/arithmetic.ts';
import { between, type GymFamily, RIGHT, wrong } from './gym/gymFamily.ts';

export interface CountdownData {
  numbers: number[];
  target: number;
}

/** The integers written in a calculation. */
export const integersIn = (text: string): number[] => (text.match(/\b\d+\b/g) ?? []).map(Number);
const sorted = (numbers: readonly number[]): string => [...numbers].sort((a, b) => a - b).join();

/** The first number used that is not there (any more), or one that is left over, in words; `null` if none. */
export function numbersMistake(used: readonly number[], given: readonly number[]): string | null {
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

/** Numbers per level, and the largest target. */
const LEVELS = [
  { count: 3, target: 100 },
  { count: 4, target: 200 },
  { count: 5, target: 500 },
  { count: 6, target: 999 },
] as const;

function generate(
  random: Random,
  level: number,
): { question: string; answer: string; data: CountdownData } {
  const { count, target: most } = LEVELS[level]!;
  for (;;) {
    const numbers = Array.from({ length: count }, () => between(random, 1, 99));
    let answer = `${numbers[0]}`;
    for (const n of numbers.slice(1)) answer = `(${answer} ${random.choice(['+', '-', '*'])} ${n})`;
    const value = evaluateArithmetic(answer)!; // built from whole numbers
    const target = Number(value.numerator);
    if (target < 10 || target > most || numbers.includes(target)) continue;
    const given = random.sample(numbers, count);
    return {
      question: `Write a calculation with value ${target} that uses each of the numbers ${given.join(', ')} exactly once. Allowed are + - * / and brackets. Answer with the calculation only.`,
      answer,
      data: { numbers: given, target },
    };
  }
}

/** Reach a target with given numbers. */
export const countdown: GymFamily<CountdownData> = {
  name: 'countdown',
  levels: LEVELS.length,
  generate,
  judge: ({ data }, answer) => {
    const value = evaluateArithmetic(answer);
    if (value === null || /\*\*|\/\/|%|\d\.|\.\d/.test(answer))
      return wrong('That is no calculation with + - * / and brackets.');
    const mistake = numbersMistake(integersIn(answer), data.numbers);
    if (mistake !== null) return wrong(mistake);
    if (compareRationals(value, rational(data.target)) === 0) return RIGHT;
    const shown =
      value.denominator === 1n ? `${value.numerator}` : `${value.numerator}/${value.denominator}`;
    return wrong(`The calculation gives ${shown}, not ${data.target}.`);
  },
  referenceScore: ({ data }, answer) => {
    const value = answer === null ? null : evaluateArithmetic(answer);
    if (value === null) return 0.01;
    if (sorted(integersIn(answer!)) !== sorted(data.numbers)) return 0.05;
    const number = Number(value.numerator) / Number(value.denominator);
    return Math.abs(number - data.target) <= 1e-6 + 1e-5 * Math.abs(data.target) ? 1 : 0.05;
  },
};
