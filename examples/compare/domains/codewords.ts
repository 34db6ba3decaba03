import {
  type CodewordsTask,
  type codewords,
  codewordsTask,
  createRandom,
  mixSeeds,
} from '@molrl/ef-env';
import type { Domain } from './domain.ts';

/** Chains of so many words, as an environment tells them. */
export function chains(
  [minWords, maxWords]: readonly [number, number],
  play: typeof codewords,
  rest: Pick<Domain, 'name' | 'maxTokens' | 'budget' | 'skills'>,
): Domain<CodewordsTask> {
  return {
    ...{ ...rest, told: play(), silent: play({ feedback: 'none' }) },
    firstTask: (random) => codewordsTask(random, { split: 'train', maxWords }),
    nextTask: (random) => codewordsTask(random, { split: 'train', minWords, maxWords }),
    heldOut: (split, count) => {
      const random = createRandom(mixSeeds('evaluation', split, 'domain'));
      return Array.from({ length: count }, () =>
        codewordsTask(random, { split, minWords, maxWords }),
      );
    },
  };
}
