import type { Random } from '../../base/random.ts';
import { readOptions } from '../../base/readOptions.ts';
import type { QuizTask } from '../quiz.ts';
import { randomDigits } from './codewordsTask.ts';
import { applyOperations, OPERATION_NAMES } from './operations.ts';

export interface DefinitionsTaskOptions {
  /**
   * The words a prompt may define. `FREE_WORDS` gives the family *defs*; `DOMAIN_WORDS` gives *redef*,
   * where the prompt contradicts the learned meaning.
   */
  words: readonly string[];
}

/** `Here bov inc, mol right. 8725 bov mol`: a lexicon in the prompt, then a chain of its words. */
export function definitionsTask(random: Random, options: DefinitionsTaskOptions): QuizTask {
  const given = readOptions('definitionsTask', options, {
    words: 'required',
  });
  const words = random.sample(given.words, 2 + random.integer(3));
  const meanings = words.map(() => random.choice(OPERATION_NAMES));
  const chain = Array.from({ length: 1 + random.integer(3) }, () => random.integer(words.length));
  const digits = randomDigits(random);
  const definitions = words.map((word, i) => `${word} ${meanings[i]}`).join(', ');
  const operations = chain.map((i) => meanings[i]!);
  return {
    question: `Here ${definitions}. ${digits} ${chain.map((i) => words[i]).join(' ')}`,
    answer: applyOperations(operations, digits).at(-1)!, // at least one operation
  };
}
