import type { Random } from '../../../base/random.ts';
import { evaluateArithmetic } from '../../../numbers/evaluateArithmetic.ts';
import { between, type GymFamily } from '../core/gymFamily.ts';
import { integersIn, judgeCalculation } from '../core/judgeCalculation.ts';

export interface CountdownData {
  numbers: number[];
  target: number;
}

const sorted = (numbers: readonly number[]): string => [...numbers].sort((a, b) => a - b).join();

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
  levels: 4 satisfies (typeof LEVELS)['length'], // a literal: else bundlers keep what is not used
  generate,
  judge: ({ data }, answer) => judgeCalculation(answer, data.numbers, data.target),
  referenceScore: ({ data }, answer) => {
    const value = answer === null ? null : evaluateArithmetic(answer);
    if (value === null) return 0.01;
    if (sorted(integersIn(answer!)) !== sorted(data.numbers)) return 0.05;
    const number = Number(value.numerator) / Number(value.denominator);
    return Math.abs(number - data.target) <= 1e-6 + 1e-5 * Math.abs(data.target) ? 1 : 0.05;
  },
};
