import {
  type CodewordsTask,
  codewords,
  codewordsChat,
  codewordsChatExample,
  codewordsTask,
  createRandom,
  mixSeeds,
} from '@molrl/ef-env';
import type { Game } from './game.ts';

/** Chains of invented words: the game of `npm start`. */
export const codewordsGame = (): Game<CodewordsTask> => ({
  environment: codewords({ feedback: 'none' }),
  withFeedback: codewords(),
  ...chains,
});

/** Worked examples for the stage `sft`. */
const EXAMPLES = 512;

/** The same chains told in English, with worked examples of the form that hold no code word. */
export function codewordsChatGame(): Game<CodewordsTask> {
  const random = createRandom(mixSeeds('codewords-chat', 'examples'));
  return {
    environment: codewordsChat({ feedback: 'none' }),
    withFeedback: codewordsChat(),
    sftRows: Array.from({ length: EXAMPLES }, () => codewordsChatExample(random)),
    ...chains,
  };
}

/** Tasks and their judge, whichever way they are told. */
const chains: Omit<Game<CodewordsTask>, 'environment'> = {
  nextTask: (random) => codewordsTask(random, { split: 'train' }),
  heldOut: (count) => {
    const random = createRandom(mixSeeds('evaluation', 'test', 'domain'));
    return Array.from({ length: count }, () => codewordsTask(random, { split: 'test' }));
  },
  isRight: ({ reward }) => reward === 1,
  accuracy: 'the answer is the right four digits',
  files: {},
};
