import { containsScore } from '../core/containsScore.ts';
import { between, type GymFamily, RIGHT, wrong } from '../core/gymFamily.ts';

export interface BaseConversionData {
  decimal_value: number;
  source_base: number;
  target_base: number;
  source_repr: string;
  target_repr: string;
}

/** Write a number in another base. Capital letters are accepted, a prefix such as `0x` is not. */
export const baseConversion: GymFamily<BaseConversionData> = {
  name: 'base_conversion',
  levels: 4,
  generate: (random, level) => {
    const value = between(random, 5, 10 ** (2 + level));
    const [from, to] = random.sample(
      level === 0
        ? [2, 8, 10]
        : [...Array(15 + 10 * Math.min(1, level - 1)).keys()].map((n) => n + 2),
      2,
    ) as [number, number]; // two of them
    const [source, target] = [value.toString(from), value.toString(to)];
    return {
      question: `The number ${source} is written in base ${from}. Write it in base ${to}, with small letters for digits above 9. Answer with the number only.`,
      answer: target,
      data: {
        decimal_value: value,
        source_base: from,
        target_base: to,
        source_repr: source,
        target_repr: target,
      },
    };
  },
  judge: ({ data }, answer) => {
    const text = answer.trim().toLowerCase();
    if (text === data.target_repr) return RIGHT;
    const bad = [...text].find((digit) => Number.isNaN(Number.parseInt(digit, data.target_base)));
    if (text === '' || bad !== undefined)
      return wrong(
        `'${bad ?? ''}' is no digit of base ${data.target_base}; answer with the number only.`,
      );
    if (text === data.source_repr)
      return wrong(`That is the number as it stands in base ${data.source_base}.`);
    if (text.length !== data.target_repr.length)
      return wrong(
        `The number is too ${text.length > data.target_repr.length ? 'long' : 'short'} for base ${data.target_base}.`,
      );
    const fromRight = [...text]
      .reverse()
      .findIndex((digit, i) => digit !== [...data.target_repr].reverse()[i]);
    return wrong(`Digit ${fromRight + 1} from the right is wrong.`);
  },
  referenceScore: containsScore,
};
