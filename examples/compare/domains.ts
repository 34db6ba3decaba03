import {
  type CodewordsTask,
  codewords,
  codewordsTask,
  createRandom,
  mixSeeds,
  type Random,
} from '@molrl/ef-env';

export type Split = 'validation' | 'test';

/** What methods are compared on: tasks whose environment answers in words, and held-out tasks without a word. */
export interface Domain {
  name: string;
  /** With feedback. */
  told: ReturnType<typeof codewords>;
  /** Scored only. */
  silent: ReturnType<typeof codewords>;
  /** Of the first stage, which learns from episodes: easy ones too. */
  firstTask(random: Random): CodewordsTask;
  /** Of reinforcement learning and of all methods on live feedback. */
  nextTask(random: Random): CodewordsTask;
  heldOut(split: Split, count: number): CodewordsTask[];
  maxTokens: number;
}

function chains(name: string, words: readonly [number, number], maxTokens: number): Domain {
  const [minWords, maxWords] = words;
  return {
    ...{ name, maxTokens, told: codewords(), silent: codewords({ feedback: 'none' }) },
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

export const DOMAINS = {
  /** Chains of two or three invented words, as `npm start` plays them. */
  codewords: chains('codewords', [2, 3], 52),
  /** Chains of three or four. */
  chains: chains('chains', [3, 4], 64),
} as const satisfies Record<string, Domain>;

export type DomainName = keyof typeof DOMAINS;
