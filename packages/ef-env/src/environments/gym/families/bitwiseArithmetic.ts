import type { Random } from '../../../base/random.ts';
import { type GymFamily, RIGHT, wrong } from '../core/gymFamily.ts';
import { containsHex, evaluateHexadecimal, pythonInteger } from '../core/hexadecimal.ts';

export interface BitwiseArithmeticData {
  problem: string;
}

function expression(random: Random, depth: number): string {
  if (depth === 0) return `0x${(random.integer(0xffff) + 1).toString(16)}`;
  const operator = random.choice(['+', '-', '*', '&', '|', '^', '>>', '<<']);
  const right =
    operator === '>>' || operator === '<<'
      ? `0x${random.integer(4).toString(16)}`
      : expression(random, depth - 1);
  return `(${expression(random, depth - 1)} ${operator} ${right})`;
}

const hexadecimal = (n: bigint): string =>
  n < 0n ? `-0x${(-n).toString(16)}` : `0x${n.toString(16)}`;

/** Arithmetic and bit operations on hexadecimal numbers. */
export const bitwiseArithmetic: GymFamily<BitwiseArithmeticData> = {
  name: 'bitwise_arithmetic',
  levels: 4,
  generate: (random, level) => {
    const problem = expression(random, level + 1);
    return {
      question: `What is ${problem}? Numbers are signed and as long as needed. Answer with the hexadecimal number only, a negative one as in -0x3.`,
      answer: hexadecimal(evaluateHexadecimal(problem)!), // built from known parts
      data: { problem },
    };
  },
  judge: ({ data }, answer) => {
    const value = pythonInteger(answer);
    if (value === null)
      return wrong('The answer is to be one hexadecimal number and nothing else.');
    const expected = evaluateHexadecimal(data.problem);
    if (value === expected) return RIGHT;
    if (expected === null) return wrong('The problem has no value.');
    if (value === -expected) return wrong('The sign is wrong.');
    if (containsHex(expected, value)) return wrong('The number is cut off.');
    return wrong(`${hexadecimal(value)} is too ${value > expected ? 'large' : 'small'}.`);
  },
  referenceScore: ({ data }, answer) =>
    answer !== null && pythonInteger(answer) === evaluateHexadecimal(data.problem) ? 1 : 0,
};
