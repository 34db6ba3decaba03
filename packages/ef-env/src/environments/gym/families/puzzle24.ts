import type { Random } from '../../../base/random.ts';
import { evaluateArithmetic } from '../../../numbers/evaluateArithmetic.ts';
import { compareRationals, rational } from '../../../numbers/rational.ts';
import { between, type GymFamily } from '../core/gymFamily.ts';
import { integersIn, judgeCalculation } from '../core/judgeCalculation.ts';

export interface Puzzle24Data {
  numbers: number[];
}

/** Operators and the largest number per level. */
const LEVELS = [
  { operators: ['+', '-'], most: 12 },
  { operators: ['+', '-', '*'], most: 10 },
  { operators: ['+', '-', '*', '/'], most: 10 },
] as const;

const SHAPES = [
  (n: number[], o: string[]) => `((${n[0]} ${o[0]} ${n[1]}) ${o[1]} ${n[2]}) ${o[2]} ${n[3]}`,
  (n: number[], o: string[]) => `(${n[0]} ${o[0]} ${n[1]}) ${o[1]} (${n[2]} ${o[2]} ${n[3]})`,
];

function generate(
  random: Random,
  level: number,
): { question: string; answer: string; data: Puzzle24Data } {
  const { operators, most } = LEVELS[level]!;
  for (;;) {
    const numbers = Array.from({ length: 4 }, () => between(random, 1, most));
    const answer = random.choice(SHAPES)(
      numbers,
      [0, 1, 2].map(() => random.choice<string>(operators)),
    );
    const value = evaluateArithmetic(answer);
    if (value === null || compareRationals(value, rational(24)) !== 0) continue;
    const given = random.sample(numbers, 4);
    return {
      question: `Make 24 from the numbers ${given.join(', ')}, each used exactly once, with + - * / and brackets. Answer with the calculation only.`,
      answer,
      data: { numbers: given },
    };
  }
}

/** Make 24 of four numbers. The reference never compares the numbers used with the puzzle; the strict judge does. */
export const puzzle24: GymFamily<Puzzle24Data> = {
  name: 'puzzle24',
  levels: 3 satisfies (typeof LEVELS)['length'], // a literal: else bundlers keep what is not used
  generate,
  judge: ({ data }, answer) => judgeCalculation(answer, data.numbers, 24),
  referenceScore: (_, answer, { minValue = 1, maxValue = 10 }) => {
    const value = answer === null ? null : evaluateArithmetic(answer);
    if (value === null) return 0.01;
    const used = integersIn(answer!);
    const inRange = used.length === 4 && used.every((n) => n >= minValue && n <= maxValue);
    return inRange && value.numerator / value.denominator === 24n ? 1 : 0.01; // int() cuts towards zero
  },
};
