import type { Random } from '../../../base/random.ts';
import { type GymFamily, type GymItem, RIGHT, wrong } from '../core/gymFamily.ts';
import { LADDER_WORDS } from '../core/words.ts';

export interface WordLadderData {
  start_word: string;
  end_word: string;
  /** The words that may be used; `undefined` = any (the reference's own tasks). */
  words?: string[] | undefined;
}

const differences = (a: string, b: string): number =>
  [...a].filter((letter, i) => letter !== b[i]).length;

function chainFrom(words: readonly string[], start: string): Map<string, string | null> {
  const before = new Map<string, string | null>([[start, null]]);
  const queue = [start];
  for (const word of queue) {
    for (const next of words) {
      if (before.has(next) || differences(word, next) !== 1) continue;
      before.set(next, word);
      queue.push(next);
    }
  }
  return before;
}

function generate(random: Random, level: number): GymItem<WordLadderData> {
  for (;;) {
    const words = random.sample(LADDER_WORDS, 150);
    const start = words[0]!;
    const before = chainFrom(words, start);
    const chains = [...before.keys()].map((end) => {
      const chain = [end];
      for (let word = before.get(end); word; word = before.get(word)) chain.unshift(word);
      return chain;
    });
    const fitting = chains.filter((chain) => chain.length === 3 + level);
    if (fitting.length === 0) continue;
    const chain = random.choice(fitting);
    const allowed = [...new Set([...chain, ...words.slice(0, 30)])].sort();
    return {
      question: `Go from ${start} to ${chain.at(-1)} changing one letter at a time. Use only these words: ${allowed.join(', ')}. Answer with the words in order, separated by commas.`,
      answer: chain.join(','),
      data: { start_word: start, end_word: chain.at(-1)!, words: allowed },
    };
  }
}

/** The first broken rule of a ladder; `null` if none. */
function mistakeIn(
  { start_word: start, end_word: end, words }: WordLadderData,
  chain: readonly string[],
): string | null {
  if (chain[0] !== start) return `The first word is to be ${start}.`;
  for (const [i, word] of chain.entries()) {
    if (word.length !== end.length)
      return `Word ${i + 1}: '${word.slice(0, 40)}' does not have ${end.length} letters.`;
    if (i > 0 && differences(chain[i - 1]!, word) !== 1)
      return `Word ${i + 1}: ${chain[i - 1]} and ${word} differ in ${differences(chain[i - 1]!, word)} letters.`;
    if (words !== undefined && !words.includes(word))
      return `Word ${i + 1}: ${word} is not one of the words allowed.`;
  }
  return chain.at(-1) === end && chain.length > 1 ? null : `The last word is to be ${end}.`;
}

const read = (answer: string): string[] =>
  answer
    .toUpperCase()
    .split(',')
    .map((word) => word.trim());

/** Change one word into another. The list of words is part of the question, so an unknown word earns nothing. */
export const wordLadder: GymFamily<WordLadderData> = {
  name: 'word_ladder',
  levels: 4,
  generate,
  judge: ({ data }, answer, { isWord = () => true }) => {
    const chain = read(answer);
    const unknown = data.words === undefined ? chain.find((word) => !isWord(word)) : undefined;
    const mistake =
      mistakeIn(data, chain) ?? (unknown === undefined ? null : `${unknown} is no word.`);
    return mistake === null ? RIGHT : wrong(mistake);
  },
  referenceScore: ({ data }, answer, { isWord = () => true }) => {
    if (answer === null) return 0;
    const chain = read(answer);
    if (mistakeIn({ ...data, words: undefined }, chain) !== null) return 0;
    return 0.5 ** chain.filter((word) => !isWord(word)).length;
  },
};
