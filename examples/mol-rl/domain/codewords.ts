import { codewords, codewordsTask, type Random } from '@molrl/ef-env';

/** How episodes with feedback are played: chains of 1 to 3 words, only such as are not held out. */
export const feedback = {
  environment: codewords(),
  nextTask: (random: Random) => codewordsTask(random, { split: 'train' }),
  /** Attempts per episode, tokens per attempt: RECIPE settings of the base model. */
  maxTurns: 4,
  maxTokens: 56,
};

/** What GRPO plays: single attempts without feedback, reward 1 or 0; three words need 35 tokens. */
export const attempts = {
  environment: codewords({ feedback: 'none' }),
  nextTask: (random: Random) => codewordsTask(random, { split: 'train', minWords: 2 }),
  maxTokens: 52,
};
