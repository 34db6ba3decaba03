import { Qwen3Error } from '../errors.ts';
import { showValue } from '../showValue.ts';
import { wholeNumbers } from './wholeNumbers.ts';

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
 * @throws {Qwen3Error} `option` if there is no sequence, one is empty or longer than `length`, or an id, `padId`
 * or `length` is no whole number.
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
  const { padId, padding = 'right' } = options;
  const B = sequences.length;
  const lengths = Int32Array.from(sequences, ({ ids }) => ids.length);
  const longest = Math.max(0, ...lengths);
  const T = options.length ?? longest;
  const empty = lengths.indexOf(0);
  if (padding !== 'right' && padding !== 'left') {
    throw new Qwen3Error(
      'option',
      `tokenBatch: padding must be 'right' or 'left', got ${showValue(padding)}.`,
    );
  }
  if (!Number.isSafeInteger(T)) {
    throw new Qwen3Error(
      'option',
      `tokenBatch: length must be a whole number, got ${showValue(T)}.`,
    );
  }
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
  const [pad = 0] = wholeNumbers('tokenBatch', 'padId', [padId]);
  const inputIds = new Int32Array(B * T).fill(pad);
  const positions = new Int32Array(B * T);
  const segmentIds = new Int32Array(B * T).fill(-1);
  const mask = new Int32Array(B * T);
  for (const [row, sequence] of sequences.entries()) {
    const ids = wholeNumbers('tokenBatch', `sequences[${row}].ids`, sequence.ids);
    const start = row * T + (padding === 'right' ? 0 : T - ids.length);
    inputIds.set(ids, start);
    for (let t = 0; t < ids.length; t++) positions[start + t] = t;
    segmentIds.fill(0, start, start + ids.length);
    mask.fill(1, start, start + ids.length);
  }
  return { B, T, inputIds, positions, segmentIds, mask, lengths };
}
