import { count, mustBe, orNull, seed as seedCheck, wholeNumber } from '../base/checks.ts';
import { GrpoError } from '../base/errors.ts';
import { readOptions } from '../base/readOptions.ts';
import { shuffle } from '../base/shuffle.ts';

export interface RepeatedIndicesOptions {
  /** Completions per prompt, G: each index is given that many times in a row. */
  numGenerations: number;
  /** Different prompts per batch, P. */
  batchSize: number;
  /** How often a batch is given again: iterations times accumulation steps on the same rollouts. Default 1. */
  repeatCount?: number | undefined;
  /** Order of the data set, an integer of 32 bits; `null` keeps it as it is. */
  seed: number | null;
}

/**
 * Indices of one pass over a data set for group sampling, as TRL's RepeatSampler gives them: batches of P prompts, each
 * prompt G times in a row, each batch `repeatCount` times. A last batch that is not full is left out; prompts that miss a pass
 * because of it have their turn under other seeds.
 *
 * @param size - number of prompts in the data set.
 * @throws {GrpoError} at once, before the first index: `option` if a count is not a whole number >= 1, the seed none of 32 bits,
 * or the data set smaller than a batch; `missing`.
 *
 * @example
 * [...repeatedIndices(5, { numGenerations: 2, batchSize: 2, seed: null })]; // [0, 0, 1, 1, 2, 2, 3, 3]
 */
export function repeatedIndices(size: number, options: RepeatedIndicesOptions): Generator<number> {
  const where = 'repeatedIndices';
  const given = readOptions<RepeatedIndicesOptions>(where, options, {
    checks: checks(),
    required: REQUIRED,
  });
  wholeNumber(where, 'size', size);
  if (size > MOST_PROMPTS) throw mustBe(`${where}: size`, `at most ${MOST_PROMPTS}`, size);
  if (size < given.batchSize) {
    throw new GrpoError(
      'option',
      `${where}: ${size} prompts do not fill one batch of ${given.batchSize}: there would be no index. Lower batchSize.`,
    );
  }
  return indicesOf(size, given);
}

/** No array holds more. */
const MOST_PROMPTS = 4294967295;

const REQUIRED = ['numGenerations', 'batchSize', 'seed'] as const;
const checks = () => ({
  numGenerations: count,
  batchSize: count,
  repeatCount: count,
  seed: orNull(seedCheck),
});

function* indicesOf(size: number, options: RepeatedIndicesOptions): Generator<number> {
  const { numGenerations, batchSize, repeatCount = 1, seed } = options;
  const order = Array.from({ length: size }, (_, i) => i);
  if (seed !== null) shuffle(order, seed);
  for (let start = 0; start + batchSize <= size; start += batchSize) {
    for (let repeat = 0; repeat < repeatCount; repeat++) {
      for (const index of order.slice(start, start + batchSize)) {
        for (let g = 0; g < numGenerations; g++) yield index;
      }
    }
  }
}
