import { Qwen3Error } from '../base/errors.ts';
import {
  checkChoice,
  checkInteger,
  checkOptionNames,
  checkSequences,
  INT32,
} from '../base/optionChecks.ts';
import type { PrefixTree } from './prefixTree.ts';

/** Token ids of B sequences, padded to T columns; every array is `[B * T]`, row-major. */
export interface TokenBatch {
  /** Sequences. */
  B: number;
  /** Columns: the longest sequence. */
  T: number;
  inputIds: Int32Array;
  /** 0, 1, 2 … within each sequence, 0 on padding. */
  positions: Int32Array;
  /** 0 on tokens, -1 on padding. Tokens attend to tokens of the same segment only. */
  segmentIds: Int32Array;
  /** 1 on tokens, 0 on padding. */
  mask: Int32Array;
  /** Tokens of each sequence, `[B]`. */
  lengths: Int32Array;
  /** There where prefixes stand once (`sharePrefixes` of `packedBatch`): then it decides what a token attends to. */
  tree?: PrefixTree | undefined;
}

export interface TokenBatchOptions {
  /** Id that fills the padding. Any valid id does: padding is never read. */
  padId: number;
  /** Where the padding goes. Default `'right'`. */
  padding?: 'right' | 'left';
  /** Columns, if more than the longest sequence needs. */
  length?: number | undefined;
}

/**
 * Puts sequences of different lengths into one rectangle.
 *
 * @param sequences - each with its `ids`; other properties are ignored, so rendered trajectories fit as they are.
 * @throws {Qwen3Error} `option` if there is no sequence or one is empty or longer than `length`, or an id is no whole number.
 *
 * @example
 * const batch = tokenBatch([{ ids: [5, 6, 7] }, { ids: [8] }], { padId: 0 });
 * batch.inputIds; // Int32Array [5, 6, 7, 8, 0, 0]
 * batch.segmentIds; // Int32Array [0, 0, 0, 0, -1, -1]
 */
export function tokenBatch(
  sequences: readonly { ids: ArrayLike<number> }[],
  options: TokenBatchOptions,
): TokenBatch {
  checkOptionNames('tokenBatch', options, ['padId', 'padding', 'length']);
  const { padId, padding = 'right' } = options;
  checkInteger('tokenBatch: padId', padId, [0, INT32 - 1]);
  checkChoice('tokenBatch: padding', padding, ['right', 'left']);
  checkSequences('tokenBatch', sequences);
  const B = sequences.length;
  const lengths = Int32Array.from(sequences, ({ ids }) => ids.length);
  const longest = lengths.reduce((most, length) => Math.max(most, length), 0);
  const T = options.length ?? longest;
  checkInteger('tokenBatch: length', T, [0, 2 ** 24]);
  const empty = lengths.indexOf(0);
  if (B === 0 || empty >= 0) {
    throw new Qwen3Error(
      'option',
      `tokenBatch: needs at least one token per sequence, ${B === 0 ? 'got no sequence' : `sequence ${empty} is empty`}.`,
    );
  }
  if (longest > T) {
    throw new Qwen3Error(
      'option',
      `tokenBatch: length is ${T}, sequence ${lengths.indexOf(longest)} has ${longest} tokens. Cut it or raise length.`,
    );
  }
  const inputIds = new Int32Array(B * T).fill(padId);
  const positions = new Int32Array(B * T);
  const segmentIds = new Int32Array(B * T).fill(-1);
  const mask = new Int32Array(B * T);
  for (const [row, { ids }] of sequences.entries()) {
    const start = row * T + (padding === 'right' ? 0 : T - ids.length);
    for (let t = 0; t < ids.length; t++) {
      inputIds[start + t] = ids[t]!;
      positions[start + t] = t;
    }
    segmentIds.fill(0, start, start + ids.length);
    mask.fill(1, start, start + ids.length);
  }
  return { B, T, inputIds, positions, segmentIds, mask, lengths };
}
