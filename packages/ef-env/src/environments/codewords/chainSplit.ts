import { mixSeeds } from '../../base/random.ts';

/** Which part of the word chains: to learn from, to choose settings on, to report. */
export type Split = 'train' | 'validation' | 'test';

/**
 * The split a chain of words belongs to, by a seeded hash of the chain: 75 % train, and the held-out
 * quarter halved by a second hash into validation and test. A chain of one word is always `'train'`:
 * there are only as many as words, and each has to be learned.
 */
export function chainSplit(words: readonly string[]): Split {
  if (words.length === 1) return 'train';
  const chain = words.join('|');
  if (mixSeeds('held-out', chain) >= 0x4000_0000) return 'train';
  return mixSeeds('validation or test', chain) < 0x8000_0000 ? 'validation' : 'test';
}
