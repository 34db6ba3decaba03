import { GrpoError } from './errors.ts';

export interface CompletionMaskOptions {
  /** Ids that end a completion. */
  eosIds: ArrayLike<number>;
  /** T. Default: the longest completion. */
  sequenceLength?: number | undefined;
  /** Mask completions without an EOS out altogether (DAPO's overlong filtering). Default false. */
  maskTruncatedCompletions?: boolean | undefined;
}

export interface CompletionMaskResult {
  /** `[B*T]`, 1 up to and including the first EOS. */
  mask: Uint8Array;
  /** T. */
  sequenceLength: number;
  /** `[B]`, trained tokens up to and including the EOS, before truncated ones are masked out. */
  lengths: Int32Array;
  /** `[B]`, 1 = no EOS. */
  truncated: Uint8Array;
}

/**
 * Which tokens of the completions are trained.
 *
 * @param completionIds - B lists of token ids, without prompt and without padding.
 * @throws {GrpoError} `shape` if a completion is longer than `sequenceLength`.
 *
 * @example
 * completionMask([[5, 6, 2, 9], [7, 8]], { eosIds: [2] }).mask;
 * // Uint8Array [1, 1, 1, 0, 1, 1, 0, 0]
 */
export function completionMask(
  completionIds: ArrayLike<ArrayLike<number>>,
  options: CompletionMaskOptions,
): CompletionMaskResult {
  const rows = Array.from(completionIds, (ids) => Array.from(ids));
  const { sequenceLength = Math.max(1, ...rows.map((ids) => ids.length)) } = options;
  const { maskTruncatedCompletions = false } = options;
  const eos = new Set(Array.from(options.eosIds));
  const mask = new Uint8Array(rows.length * sequenceLength);
  const lengths = new Int32Array(rows.length);
  const truncated = new Uint8Array(rows.length);
  rows.forEach((ids, row) => {
    if (ids.length > sequenceLength) {
      throw new GrpoError(
        'shape',
        `completionMask: completion ${row} has ${ids.length} tokens, sequenceLength is ${sequenceLength}. Raise it or cut the completion.`,
      );
    }
    const end = ids.findIndex((id) => eos.has(id));
    truncated[row] = end < 0 ? 1 : 0;
    lengths[row] = end < 0 ? ids.length : end + 1;
    if (end < 0 && maskTruncatedCompletions) return;
    mask.fill(1, row * sequenceLength, row * sequenceLength + lengths[row]!);
  });
  return { mask, sequenceLength, lengths, truncated };
}
