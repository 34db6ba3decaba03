import { Qwen3Error } from '../base/errors.ts';
import { checkSequences } from '../base/optionChecks.ts';
import type { TokenBatch } from './tokenBatch.ts';

/**
 * All sequences one after the other in one row, without padding. Segment ids keep them apart:
 * each gets the same hidden states as alone.
 *
 * @throws {Qwen3Error} `option` if there is no sequence, one is empty, or an id is no whole number.
 *
 * @example
 * const batch = packedBatch([{ ids: [5, 6, 7] }, { ids: [8] }]);
 * batch.inputIds; // Int32Array [5, 6, 7, 8]
 * batch.segmentIds; // Int32Array [0, 0, 0, 1]
 * batch.positions; // Int32Array [0, 1, 2, 0]
 */
export function packedBatch(sequences: readonly { ids: ArrayLike<number> }[]): TokenBatch {
  checkSequences('packedBatch', sequences);
  const empty = sequences.findIndex(({ ids }) => ids.length === 0);
  if (sequences.length === 0 || empty >= 0) {
    throw new Qwen3Error(
      'option',
      `packedBatch: needs at least one token per sequence, ${sequences.length === 0 ? 'got no sequence' : `sequence ${empty} is empty`}.`,
    );
  }
  const lengths = Int32Array.from(sequences, ({ ids }) => ids.length);
  const T = lengths.reduce((sum, n) => sum + n, 0);
  const inputIds = new Int32Array(T);
  const positions = new Int32Array(T);
  const segmentIds = new Int32Array(T);
  let start = 0;
  for (const [segment, { ids }] of sequences.entries()) {
    for (let t = 0; t < ids.length; t++) {
      inputIds[start + t] = ids[t]!;
      positions[start + t] = t;
    }
    segmentIds.fill(segment, start, start + ids.length);
    start += ids.length;
  }
  return { B: 1, T, inputIds, positions, segmentIds, mask: new Int32Array(T).fill(1), lengths };
}
