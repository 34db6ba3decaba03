import { containsScore } from '../core/containsScore.ts';
import type { GymFamily } from '../core/gymFamily.ts';
import { judgeNumber } from '../core/judgeNumber.ts';
import { WORDS } from '../core/words.ts';

export interface LetterCountingData {
  target_letter: string;
  span: string[];
}

/** How often a letter stands in a text. */
export const letterCounting: GymFamily<LetterCountingData> = {
  name: 'letter_counting',
  levels: 4,
  generate: (random, level) => {
    const span = Array.from({ length: 3 + 5 * level }, () => random.choice(WORDS));
    // every number that occurs is as likely as the others, so that no guess pays
    const letters = [...new Set(span.join(''))].sort();
    const countOf = (letter: string): number => span.join('').split(letter).length - 1;
    const count = random.choice([...new Set(letters.map(countOf))]);
    const target = random.choice(letters.filter((letter) => countOf(letter) === count));
    return {
      question: `How often does the letter "${target}" stand in: ${span.join(' ')}? Answer with the number only.`,
      answer: `${count}`,
      data: { target_letter: target, span },
    };
  },
  judge: (item, answer) =>
    judgeNumber(item, answer, (value) => {
      const { span, target_letter: letter } = item.data;
      const words = span.filter((word) => word.toLowerCase().includes(letter)).length;
      if (value < BigInt(words))
        return `${value} is too small: more words than that have a "${letter}".`;
      return value === BigInt(words)
        ? `${value} words have a "${letter}", some of them more than one.`
        : null;
    }),
  referenceScore: containsScore,
};
