import {
  type CodewordsTask,
  codewords,
  codewordsChat,
  codewordsTask,
  createRandom,
  mixSeeds,
  type Random,
} from '@molrl/ef-env';
import { type Budget, CHAT, FULL } from './budget.ts';

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
  budget: Budget;
}

/** Chains of so many words, as an environment tells them. */
function chains(
  [minWords, maxWords]: readonly [number, number],
  play: typeof codewords,
  rest: Pick<Domain, 'name' | 'maxTokens' | 'budget'>,
): Domain {
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

export const DOMAINS = {
  /** Chains of two or three invented words, as `npm start` plays them. */
  codewords: chains([2, 3], codewords, { name: 'codewords', maxTokens: 52, budget: FULL }),
  /** Chains of three or four. */
  chains: chains([3, 4], codewords, { name: 'chains', maxTokens: 64, budget: FULL }),
  /** Chains of one or two words told in English, for a model that chats. */
  'codewords-chat': chains([1, 2], codewordsChat, {
    ...{ name: 'codewords-chat', maxTokens: 48, budget: CHAT },
  }),
} as const satisfies Record<string, Domain>;

export type DomainName = keyof typeof DOMAINS;
