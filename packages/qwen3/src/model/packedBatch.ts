import { Qwen3Error } from '../base/errors.ts';
import { checkBoolean, checkOptionNames, checkSequences } from '../base/optionChecks.ts';
import { prefixTree } from './prefixTree.ts';
import type { TokenBatch } from './tokenBatch.ts';

export interface PackedBatchOptions {
  /**
   * A prefix that sequences next to each other have in common stands once: the prompt of a group is computed once for all its
   * completions. The same numbers up to rounding. Sequences need `roles`; a token that predicts a target (its role is not
   * `'ignore'`) is never shared. For models with `sharesPrefixes`, as every Qwen3 without a sliding window has. Default `false`.
   */
  sharePrefixes?: boolean | undefined;
}

/**
 * All sequences one after the other in one row, without padding. Segment ids keep them apart:
 * each gets the same hidden states as alone.
 *
 * @throws {Qwen3Error} `option` if there is no sequence, one is empty, an id is no whole number, or roles are missing that
 * `sharePrefixes` needs.
 *
 * @example
 * const batch = packedBatch([{ ids: [5, 6, 7] }, { ids: [8] }]);
 * batch.inputIds; // Int32Array [5, 6, 7, 8]
 * batch.segmentIds; // Int32Array [0, 0, 0, 1]
 * batch.positions; // Int32Array [0, 1, 2, 0]
 *
 * @see TRL, trie packing of a group's completions
 */
export function packedBatch(
  sequences: readonly { ids: ArrayLike<number>; roles?: readonly string[] }[],
  options: PackedBatchOptions = {},
): TokenBatch {
  checkSequences('packedBatch', sequences);
  checkOptionNames('packedBatch', options, ['sharePrefixes']);
  const { sharePrefixes = false } = options;
  checkBoolean('packedBatch: sharePrefixes', sharePrefixes);
  const empty = sequences.findIndex(({ ids }) => ids.length === 0);
  if (sequences.length === 0 || empty >= 0) {
    throw new Qwen3Error(
      'option',
      `packedBatch: needs at least one token per sequence, ${sequences.length === 0 ? 'got no sequence' : `sequence ${empty} is empty`}.`,
    );
  }
  const lengths = Int32Array.from(sequences, ({ ids }) => ids.length);
  const tree = sharePrefixes ? prefixTree(sequences as Branches) : undefined; // it checks their roles
  const T = tree ? tree.ends.length : lengths.reduce((sum, n) => sum + n, 0);
  const inputIds = new Int32Array(T);
  const positions = new Int32Array(T);
  const segmentIds = new Int32Array(T);
  let place = 0;
  for (const [segment, { ids }] of sequences.entries()) {
    const start = place;
    for (let t = tree?.shared[segment] ?? 0; t < ids.length; t++) {
      inputIds[place] = ids[t]!;
      positions[place++] = t;
    }
    segmentIds.fill(segment, start, place);
  }
  const mask = new Int32Array(T).fill(1);
  return { B: 1, T, inputIds, positions, segmentIds, mask, lengths, ...(tree && { tree }) };
}

type Branches = Parameters<typeof prefixTree>[0];
