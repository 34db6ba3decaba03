import { gcd } from '../../../numbers/rational.ts';
import { containsScore } from '../core/containsScore.ts';
import { between, type GymFamily } from '../core/gymFamily.ts';
import { judgeNumber } from '../core/judgeNumber.ts';

export interface LcmData {
  numbers: number[];
}

/** Least common multiple. */
export const lcm: GymFamily<LcmData> = {
  name: 'lcm',
  levels: 4,
  generate: (random, level) => {
    const numbers = Array.from({ length: level < 2 ? 2 : 3 }, () =>
      between(random, 2, [12, 40, 60, 200][level]!),
    );
    const answer = numbers.map(BigInt).reduce((a, b) => (a / gcd(a, b)) * b);
    return {
      question: `What is the least common multiple of ${numbers.join(', ')}? Answer with the number only.`,
      answer: `${answer}`,
      data: { numbers },
    };
  },
  judge: (item, answer) =>
    judgeNumber(item, answer, (value) => {
      if (value <= 0n) return 'A least common multiple is a positive number.';
      const not = item.data.numbers.find((n) => value % BigInt(n) !== 0n);
      return not === undefined
        ? `${value} is a common multiple but not the least.`
        : `${value} is no multiple of ${not}.`;
    }),
  referenceScore: containsScore,
};
