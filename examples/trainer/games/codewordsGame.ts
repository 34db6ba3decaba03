import {
  type CodewordsTask,
  codewords,
  codewordsTask,
  createRandom,
  mixSeeds,
} from '@molrl/ef-env';
import type { Game } from './game.ts';

/** Chains of invented words: the game of `npm start`. */
export function codewordsGame(): Game<CodewordsTask> {
  return {
    environment: codewords({ feedback: 'none' }),
    withFeedback: codewords(),
    nextTask: (random) => codewordsTask(random, { split: 'train' }),
    heldOut: (count) => {
      const random = createRandom(mixSeeds('evaluation', 'test', 'domain'));
      return Array.from({ length: count }, () => codewordsTask(random, { split: 'test' }));
    },
    isRight: ({ reward }) => reward === 1,
    accuracy: 'the answer is the right four digits',
    files: {},
  };
}
