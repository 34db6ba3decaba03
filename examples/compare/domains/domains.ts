import { codewords, codewordsChat, LARGE_LEXICON } from '@molrl/ef-env';
import { wordbook } from '../../trainer/courses/wordbookEnvironment.ts';
import { CHAT, EQUATIONS, FULL, WORDBOOK } from '../budget.ts';
import { chains } from './codewords.ts';
import type { Domain } from './domain.ts';
import { gymDomain } from './gym.ts';
import { CHAT_SKILLS, SHORT_SKILLS, WORDBOOK_SKILLS } from './skills.ts';
import { sumsDomain } from './sums.ts';

const SHORT = { budget: FULL, skills: SHORT_SKILLS };

export const DOMAINS = {
  /** Chains of two or three invented words, as `npm start` plays them. */
  codewords: chains([2, 3], { play: codewords }, { ...SHORT, name: 'codewords', maxTokens: 52 }),
  /** Chains of three or four of 32 words. */
  chains: chains(
    [3, 4],
    { play: codewords, lexicon: LARGE_LEXICON },
    { ...SHORT, name: 'chains', maxTokens: 64 },
  ),
  /** Chains of one or two words told in English, for a model that chats. */
  'codewords-chat': chains(
    [1, 2],
    { play: codewordsChat },
    {
      ...{ name: 'codewords-chat', maxTokens: 48, budget: CHAT, skills: CHAT_SKILLS },
    },
  ),
  /** What one or two words mean, asked in English: what a chat model can begin with after minutes of worked examples. */
  wordbook: chains(
    [1, 2],
    { play: wordbook },
    {
      ...{ name: 'wordbook', maxTokens: 24, budget: WORDBOOK, skills: WORDBOOK_SKILLS },
    },
  ),
  /** Three families of reasoning-gym, each at its easiest level, for a base that knows other levels (`npm run base`). */
  'knights-knaves': gymDomain('knights_knaves', 0, { ...SHORT, maxTokens: 32 }),
  'largest-island': gymDomain('largest_island', 0, { ...SHORT, maxTokens: 8 }),
  'simple-equations': gymDomain('simple_equations', 0, { ...SHORT, maxTokens: 8 }),
  /** The last one worked in two steps, for a chat model that knows the work of the level above (`courses/equations.ts`). */
  'equations-chat': gymDomain('simple_equations', 0, {
    ...{ name: 'equations-chat', maxTokens: 40, budget: EQUATIONS, skills: WORDBOOK_SKILLS },
  }),
  /** Sums of three digits in columns, with worked corrections. */
  sums: sumsDomain(3, { ...SHORT, maxTokens: 48 }),
} as const satisfies Record<string, Domain>;

export type DomainName = keyof typeof DOMAINS;
