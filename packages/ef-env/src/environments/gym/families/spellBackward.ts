import { type GymFamily, RIGHT, wrong } from '../core/gymFamily.ts';
import { WORDS } from '../core/words.ts';

export interface SpellBackwardData {
  word: string;
}

/** Spell a word from its end. Letters after the right word earn nothing (0.8 or 1 in the reference). */
export const spellBackward: GymFamily<SpellBackwardData> = {
  name: 'spell_backward',
  levels: 3,
  generate: (random, level) => {
    const word = Array.from({ length: level + 1 }, () => random.choice(WORDS)).join('');
    return {
      question: `Spell this backward: ${word}. Answer with the letters only.`,
      answer: [...word].reverse().join(''),
      data: { word },
    };
  },
  judge: ({ data }, answer) => {
    const [got, want] = [[...answer.trim().toLowerCase()], [...data.word.toLowerCase()].reverse()];
    const at = want.findIndex((letter, i) => letter !== got[i]);
    if (at >= 0)
      return wrong(
        got[at] === undefined
          ? `The word ends after ${got.length} of ${want.length} letters.`
          : `Letter ${at + 1} is not '${got[at]}'.`,
      );
    return got.length === want.length
      ? RIGHT
      : wrong(`There are ${got.length - want.length} letters too many.`);
  },
  referenceScore: ({ answer: oracle }, answer) => {
    if (answer === null || oracle === null) return 0;
    const [want, got] = [[...oracle.toLowerCase()], [...answer.toLowerCase()]];
    if (want.join('') === got.join('')) return 1;
    let reward = 0;
    // added one by one, as the reference does: rounding decides whether the sum is exactly 1
    for (let i = 0; i < Math.min(want.length, got.length); i++)
      if (want[i] === got[i]) reward += 1 / want.length;
    return reward === 1 ? reward - 0.2 : reward;
  },
};
