import type { Random } from '../../base/random.ts';
import type { QuizTask } from '../quiz.ts';
import { randomDigits } from './codewordsTask.ts';
import { applyOperations, OPERATION_NAMES } from './operations.ts';

export interface PlainTask extends QuizTask {
  /** A perfect attempt in the format of the base model's training data, without chat markers. */
  solution: string;
}

/**
 * `3142 rev left inc`: one to three operations by their plain names, which the base knows.
 *
 * @example
 * plainTask(createRandom(3));
 * // { question: '0350 flip ends pairs', answer: '6994',
 * //   solution: '<think>\n0350 flip 9649 ends 9649 pairs 6994\n</think>\n\n6994' }
 */
export function plainTask(random: Random): PlainTask {
  const digits = randomDigits(random);
  const length = 1 + random.integer(3);
  const operations = Array.from({ length }, () => random.choice(OPERATION_NAMES));
  const results = applyOperations(operations, digits);
  const answer = results.at(-1)!; // at least one operation
  const steps = operations.map((operation, i) => ` ${operation} ${results[i]}`).join('');
  return {
    question: `${digits} ${operations.join(' ')}`,
    answer,
    solution: `<think>\n${digits}${steps}\n</think>\n\n${answer}`,
  };
}
