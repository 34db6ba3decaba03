import type { Random } from '../../base/random.ts';
import { chatQuestion, chatSolution } from './chatWriting.ts';
import { randomDigits } from './codewordsTask.ts';
import { FREE_WORDS } from './lexicon.ts';
import { applyOperations, OPERATION_NAMES, type Operation } from './operations.ts';

/** A question and a perfect answer. */
export interface ChatExample {
  prompt: string;
  completion: string;
}

/**
 * Worked examples of the form and the rules of `codewordsChat`, without a code word: chains of rules by their names, and
 * chains of words that the question defines. What a chat model needs before it can play, and all that it is told.
 *
 * @example
 * codewordsChatExample(createRandom(3)).completion; // 'flip: flip 9649\nends: ends 9649\npairs: pairs 6994\nAnswer: 6994'
 */
export function codewordsChatExample(random: Random): ChatExample {
  const digits = randomDigits(random);
  const operations = Array.from({ length: 1 + random.integer(3) }, () =>
    random.choice(OPERATION_NAMES),
  );
  const isDefined = random.integer(2) === 1;
  const names = isDefined ? random.sample(FREE_WORDS, OPERATION_NAMES.length) : OPERATION_NAMES;
  const wordOf = (operation: Operation): string => names[OPERATION_NAMES.indexOf(operation)]!; // one each
  const words = operations.map(wordOf);
  const before = isDefined ? definitions(operations, wordOf) : undefined;
  const results = applyOperations(operations, digits);
  return {
    prompt: chatQuestion({ digits, words, before }),
    completion: chatSolution(
      operations.map((meaning, i) => ({ word: words[i]!, meaning, digits: results[i]! })),
    ),
  };
}

/** Each once, in the order of the chain. */
function definitions(operations: readonly Operation[], wordOf: (of: Operation) => string): string {
  const own = [...new Set(operations)].map(
    (operation) => `${wordOf(operation)} means ${operation}`,
  );
  return `Here ${own.join(', ')}.`;
}
