import { evaluateArithmetic } from '../../../numbers/evaluateArithmetic.ts';
import { length } from '../core/containsScore.ts';
import { between, type GymFamily, RIGHT } from '../core/gymFamily.ts';
import { judgeNumber } from '../core/judgeNumber.ts';

export interface ChainSumData {
  expression: string;
}

/** A chain of additions and subtractions. */
export const chainSum: GymFamily<ChainSumData> = {
  name: 'chain_sum',
  levels: 4,
  generate: (random, level) => {
    const most = 10 ** (1 + level) - 1;
    const terms = Array.from({ length: 2 + 2 * level }, () => `${between(random, 1, most)}`);
    const expression = terms.reduce((sum, term) => `${sum} ${random.choice(['+', '-'])} ${term}`);
    const answer = `${evaluateArithmetic(expression)!.numerator}`; // whole numbers
    return {
      question: `What is ${expression}? Answer with the number only.`,
      answer,
      data: { expression },
    };
  },
  judge: (item, answer) =>
    judgeNumber(item, answer, (value) => runningMistake(item.data.expression, value)),
  referenceScore: ({ answer: oracle }, answer) => {
    if (answer === null || answer === '' || oracle === null) return 0;
    const [text, want] = [answer.replaceAll(',', ''), oracle.replaceAll(',', '')];
    if (/^\s*[-+]?(?:\d[\d_]*\.?\d*|\.\d+)\s*$/.test(text)) {
      if (
        RIGHT.score ===
        judgeNumber({ question: '', answer: want, data: null }, text.replaceAll('_', '')).score
      )
        return 1;
    }
    return text.includes(want) ? length(want) / length(text) : 0;
  },
};

/** Says where a partial sum was taken for the sum: after which term the chain had this value. */
function runningMistake(expression: string, value: bigint): string | null {
  const parts = expression.split(/ (?=[-+] )/);
  for (let n = 1; n < parts.length; n++) {
    const partial = evaluateArithmetic(parts.slice(0, n).join(' '));
    if (partial !== null && partial.denominator === 1n && partial.numerator === value) {
      return `${value} is the sum up to term ${n}; the term '${parts[n]}' comes next.`;
    }
  }
  return null;
}
