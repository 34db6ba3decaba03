import {
  type CodewordsTask,
  type codewords,
  codewordsTask,
  createRandom,
  LEXICON,
  type Lexicon,
  mixSeeds,
} from '@molrl/ef-env';
import type { Domain } from './domain.ts';

interface ChainsOptions {
  /** How they are told. */
  play: typeof codewords;
  /** What the words mean. Default: the 16 of `npm start`. */
  lexicon?: Lexicon;
}

/** Chains of so many words, as an environment tells them. */
export function chains(
  [minWords, maxWords]: readonly [number, number],
  { play, lexicon = LEXICON }: ChainsOptions,
  rest: Pick<Domain, 'name' | 'maxTokens' | 'budget' | 'skills'>,
): Domain<CodewordsTask> {
  const words = Object.keys(lexicon);
  return {
    ...rest,
    told: play({ lexicon }),
    silent: play({ lexicon, feedback: 'none' }),
    firstTask: (random) => codewordsTask(random, { split: 'train', words, maxWords }),
    nextTask: (random) => codewordsTask(random, { split: 'train', words, minWords, maxWords }),
    heldOut: (split, count) => {
      const random = createRandom(mixSeeds('evaluation', split, 'domain'));
      return Array.from({ length: count }, () =>
        codewordsTask(random, { split, words, minWords, maxWords }),
      );
    },
  };
}
