import { evaluateArithmetic } from '../../../numbers/evaluateArithmetic.ts';
import { containsScore } from '../core/containsScore.ts';
import { between, type GymFamily } from '../core/gymFamily.ts';
import { judgeNumber } from '../core/judgeNumber.ts';

export interface BasicArithmeticData {
  expression: string;
}

/** The value when read from left to right, without precedence. */
function leftToRight(expression: string): bigint | null {
  if (/[()]/.test(expression)) return null;
  const parts = expression.split(/ (?=[-+*/] )/);
  const nested = parts.reduce((left, part) => `(${left} ${part})`);
  const value = evaluateArithmetic(nested);
  return value !== null && value.denominator === 1n ? value.numerator : null;
}

/** Whole numbers with + - * / and brackets. The reference pays for any text that contains the answer. */
export const basicArithmetic: GymFamily<BasicArithmeticData> = {
  name: 'basic_arithmetic',
  levels: 4,
  generate: (random, level) => {
    for (;;) {
      const terms = Array.from(
        { length: 3 + level },
        () => `${between(random, 1, level < 2 ? 20 : 99)}`,
      );
      let expression = terms[0]!;
      for (const term of terms.slice(1)) {
        const joined = `${expression} ${random.choice(['+', '-', '*', '/'])} ${term}`;
        expression = level > 0 && random.next() < 0.2 ? `(${joined})` : joined;
      }
      const value = evaluateArithmetic(expression);
      if (value === null || value.denominator !== 1n) continue;
      return {
        question: `What is ${expression}? Answer with the number only.`,
        answer: `${value.numerator}`,
        data: { expression },
      };
    }
  },
  judge: (item, answer) =>
    judgeNumber(item, answer, (value) =>
      value === leftToRight(item.data.expression)
        ? `${value} comes out when the signs are taken from left to right; * and / go first.`
        : null,
    ),
  referenceScore: containsScore,
};
