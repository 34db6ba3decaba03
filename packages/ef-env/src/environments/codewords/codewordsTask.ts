import { EfEnvError } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import { readOptions } from '../../base/readOptions.ts';
import { chainSplit, type Split } from './chainSplit.ts';
import { DOMAIN_WORDS } from './lexicon.ts';

/** Four digits and the words to apply to them, left to right. */
export interface CodewordsTask {
  digits: string;
  words: string[];
}

export interface CodewordsTaskOptions {
  /** Which chains may be drawn. No default: training on the test chains would go unnoticed. */
  split: Split;
  /** Default 1 for `'train'`, 2 for the held-out splits (one-word chains are never held out). */
  minWords?: number | undefined;
  /** Default 3. */
  maxWords?: number | undefined;
  /** The words of the domain. Default `DOMAIN_WORDS`, those of `LEXICON`. */
  words?: readonly string[] | undefined;
}

/** Four random digits. */
export function randomDigits(random: Random): string {
  return Array.from({ length: 4 }, () => random.integer(10)).join('');
}

/**
 * Draws a task of the codewords domain.
 *
 * @throws {EfEnvError} `option` if no chain of that length is in the split.
 *
 * @example
 * codewordsTask(createRandom(1), { split: 'test' }); // { digits: '0712', words: ['rav', 'gev'] }
 */
export function codewordsTask(random: Random, options: CodewordsTaskOptions): CodewordsTask {
  const given = readOptions('codewordsTask', options, {
    split: 'required',
    minWords: 'optional',
    maxWords: 'optional',
    words: 'optional',
  });
  const {
    split,
    minWords = split === 'train' ? 1 : 2,
    maxWords = 3,
    words: known = DOMAIN_WORDS,
  } = given;
  if (!(minWords >= 1 && maxWords >= minWords && (split === 'train' || maxWords >= 2))) {
    throw new EfEnvError(
      'option',
      `codewordsTask: minWords and maxWords must be 1 <= min <= max, and max >= 2 for held-out chains, got ${minWords} and ${maxWords} for '${split}'. One-word chains are all in 'train'.`,
    );
  }
  for (;;) {
    const length = minWords + random.integer(maxWords - minWords + 1);
    const words = Array.from({ length }, () => random.choice(known));
    if (chainSplit(words) === split) return { digits: randomDigits(random), words };
  }
}
