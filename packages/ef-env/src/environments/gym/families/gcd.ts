import { gcd as greatest } from '../../../numbers/rational.ts';
import { containsScore } from '../core/containsScore.ts';
import { between, type GymFamily } from '../core/gymFamily.ts';
import { judgeNumber } from '../core/judgeNumber.ts';

export interface GcdData {
  numbers: number[];
}

/** Greatest common divisor. */
export const gcd: GymFamily<GcdData> = {
  name: 'gcd',
  levels: 4,
  generate: (random, level) => {
    const common = between(random, 1, [10, 100, 100, 1000][level]!);
    const numbers = Array.from(
      { length: [2, 2, 3, 4][level]! },
      () => common * between(random, 2, 10 ** (1 + Math.min(level, 2))),
    );
    const answer = numbers.map(BigInt).reduce(greatest);
    return {
      question: `What is the greatest common divisor of ${numbers.join(', ')}? Answer with the number only.`,
      answer: `${answer}`,
      data: { numbers },
    };
  },
  judge: (item, answer) =>
    judgeNumber(item, answer, (value) => {
      if (value <= 0n) return 'A greatest common divisor is a positive number.';
      const not = item.data.numbers.find((n) => BigInt(n) % value !== 0n);
      return not === undefined
        ? `${value} divides all of them but is not the greatest that does.`
        : `${value} does not divide ${not}.`;
    }),
  referenceScore: containsScore,
};
