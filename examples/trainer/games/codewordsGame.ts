import {
  applyOperations,
  type CodewordsTask,
  codewords,
  codewordsChat,
  codewordsChatExample,
  codewordsTask,
  createRandom,
  LEXICON,
  mixSeeds,
  type Random,
  type Trajectory,
} from '@molrl/ef-env';
import type { TrainerSettings } from '../config/schema.ts';
import { codewordsSkills, plainDocument } from './codewordsSkills.ts';
import type { Game } from './game.ts';

/** Which half of the held-out chains. Default `'test'`. */
type Half = Pick<TrainerSettings['eval'], 'split'>;

const trainTask = (random: Random): CodewordsTask => codewordsTask(random, { split: 'train' });

/** Chains of invented words: the game of `npm start`. GRPO plays such of two and three, feedback is given on one as well. */
export const codewordsGame = ({ split = 'test' }: Half = {}): Game<CodewordsTask> => ({
  environment: codewords({ feedback: 'none' }),
  withFeedback: codewords(),
  nextTask: (random) => codewordsTask(random, { split: 'train', minWords: 2 }),
  nextTaskWithFeedback: trainTask,
  generalDocument: plainDocument,
  skills: codewordsSkills(split),
  ...heldOutChains(split),
});

/** Worked examples for the stage `sft`. */
const EXAMPLES = 512;

/** The same chains told in English, with worked examples of the form that hold no code word. */
export function codewordsChatGame({ split = 'test' }: Half = {}): Game<CodewordsTask> {
  const random = createRandom(mixSeeds('codewords-chat', 'examples'));
  return {
    environment: codewordsChat({ feedback: 'none' }),
    withFeedback: codewordsChat(),
    sftRows: Array.from({ length: EXAMPLES }, () => codewordsChatExample(random)),
    nextTask: trainTask,
    ...heldOutChains(split),
  };
}

/** Chains that are never trained on, and their judge, whichever way they are told. */
const heldOutChains = (split: 'validation' | 'test') => ({
  heldOut: (count: number) => {
    const random = createRandom(mixSeeds('evaluation', split, 'domain'));
    return Array.from({ length: count }, () => codewordsTask(random, { split }));
  },
  isRight: ({ reward }: Pick<Trajectory, 'reward'>) => reward === 1,
  solution: ({ digits, words }: CodewordsTask) => {
    const meanings = words.map((word) => LEXICON[word]!); // tasks hold its words only
    return applyOperations(meanings, digits).at(-1)!; // one word at least
  },
  accuracy: 'the answer is the right four digits',
  files: {},
});
