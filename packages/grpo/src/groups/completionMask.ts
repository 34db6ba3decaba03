import { assertLength } from '../base/assertTokens.ts';
import { array, count, flag, mustBe, wholeNumber } from '../base/checks.ts';
import { GrpoError } from '../base/errors.ts';
import { type Mask, readMask } from '../base/readMask.ts';
import { readOptions } from '../base/readOptions.ts';
import { shown } from '../base/shown.ts';

export interface CompletionMaskOptions {
  /** Ids that end a completion. */
  eosIds: ArrayLike<number>;
  /** T. Default: the longest row, with its padding. */
  sequenceLength?: number | undefined;
  /** B masks as long as the completions, 0 on tokens that tools or the environment wrote. Default: all are the policy's. */
  toolMask?: ArrayLike<Mask> | undefined;
  /** `[B]`, tokens of each row before its padding. Default: rows have none, they end where they end. */
  lengths?: ArrayLike<number> | undefined;
  /**
   * A row ends with its first EOS, and what follows is not trained: for rows of one turn that a sampler ran on beyond their
   * end. Default false: every turn of a row has its own end mark.
   */
  endAtFirstEos?: boolean | undefined;
  /** Mask completions without an EOS out altogether (DAPO's overlong filtering). Default false. */
  maskTruncatedCompletions?: boolean | undefined;
}

export interface CompletionMaskResult {
  /** `[B*T]`, 1 on the policy's tokens, end marks included. */
  mask: Uint8Array;
  /** T. */
  sequenceLength: number;
  /** `[B]`, tokens of the policy, before truncated completions are masked out: for `completionMetrics`. */
  lengths: Int32Array;
  /** `[B]`, 1 = the last token is no EOS. */
  truncated: Uint8Array;
  /** Ones of the mask: what `numItemsInBatch` counts, with truncated completions masked out or not. */
  trainedTokens: number;
}

/** No array holds more. */
const MOST_TOKENS = 4294967295;

const CHECKS = {
  eosIds: array,
  sequenceLength: count,
  toolMask: array,
  lengths: array,
  endAtFirstEos: flag,
  maskTruncatedCompletions: flag,
};

/**
 * Which tokens of the completions are trained, as in TRL 1.16: all ids of a row but those under its tool mask. A completion may
 * have several turns, each with its end mark; it is truncated when its last id is none.
 *
 * @param completionIds - B lists of token ids, without prompt. With padding after a row's end give `lengths`: no id is taken
 * for padding, as models pad with an end mark.
 * @throws {GrpoError} `missing` without `eosIds`; `shape` if a completion is longer than `sequenceLength`, or a tool mask does
 * not fit; `option` for an id that is no whole number.
 *
 * @example
 * // A call of a tool, its answer (9 9), and a last turn; a completion that was cut.
 * const ids = [[5, 6, 2, 9, 9, 7, 8, 2], [5, 6, 7]];
 * const toolMask = [[1, 1, 1, 0, 0, 1, 1, 1], [1, 1, 1]];
 * const { mask, truncated } = completionMask(ids, { eosIds: [2], toolMask });
 * mask; // Uint8Array [1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0]
 * truncated; // Uint8Array [0, 1]
 */
export function completionMask(
  completionIds: ArrayLike<ArrayLike<number>>,
  options: CompletionMaskOptions,
): CompletionMaskResult {
  const where = 'completionMask';
  const given = readOptions<CompletionMaskOptions>(where, options, {
    checks: CHECKS,
    required: ['eosIds'],
  });
  const { toolMask, endAtFirstEos = false, maskTruncatedCompletions = false } = given;
  const eos = new Set(Array.from(given.eosIds));
  for (const id of eos) wholeNumber(where, 'an entry of eosIds', id);
  const rows = readRows(completionIds, given.lengths);
  if (toolMask) assertLength(where, { toolMask }, rows.length);
  const widths = Array.from(completionIds, (ids) => ids.length);
  const { sequenceLength = widths.reduce((a, b) => Math.max(a, b), 1) } = given;

  if (rows.length * sequenceLength > MOST_TOKENS) {
    throw mustBe(
      `${where}: sequenceLength`,
      `small enough for ${rows.length} rows`,
      sequenceLength,
    );
  }
  const mask = new Uint8Array(rows.length * sequenceLength);
  const lengths = new Int32Array(rows.length);
  const truncated = new Uint8Array(rows.length);
  let trainedTokens = 0;
  rows.forEach((ids, row) => {
    assertFits(row, ids.length, sequenceLength);
    const own =
      toolMask &&
      readMask(where, { [`toolMask[${row}]`]: toolMask[row]! }, { length: widths[row]! });
    const first = endAtFirstEos ? ids.findIndex((id) => eos.has(id)) : -1;
    const end = first < 0 ? ids.length : first + 1;
    truncated[row] = eos.has(ids[end - 1]!) ? 0 : 1;
    const trained = !(truncated[row] === 1 && maskTruncatedCompletions);
    for (let t = 0; t < end; t++) {
      if (own?.[t] === 0) continue;
      lengths[row]!++;
      if (trained) mask[row * sequenceLength + t] = 1;
    }
    if (trained) trainedTokens += lengths[row]!;
  });
  return { mask, sequenceLength, lengths, truncated, trainedTokens };
}

/** The ids of every row, without its padding. */
function readRows(
  completionIds: ArrayLike<ArrayLike<number>>,
  lengths: ArrayLike<number> | undefined,
): number[][] {
  const where = 'completionMask';
  assertLength(where, { completionIds });
  if (lengths) assertLength(where, { lengths }, completionIds.length);
  return Array.from(completionIds, (ids, row) => {
    assertLength(where, { [`completionIds[${row}]`]: ids });
    const length = lengths ? lengths[row]! : ids.length;
    wholeNumber(where, `lengths[${row}]`, length);
    if (length > ids.length) {
      throw new GrpoError(
        'shape',
        `${where}: lengths[${row}] is ${length}, but the row has ${ids.length} tokens.`,
      );
    }
    const own = Array.from(ids).slice(0, length);
    const bad = own.findIndex((id) => !(Number.isInteger(id) && id >= 0));
    if (bad < 0) return own;
    throw new GrpoError(
      'option',
      `${where}: token ${bad} of completion ${row} must be an id, got ${shown(own[bad])}. Is it padding? Then give lengths.`,
    );
  });
}

function assertFits(row: number, tokens: number, sequenceLength: number): void {
  if (tokens <= sequenceLength) return;
  throw new GrpoError(
    'shape',
    `completionMask: completion ${row} has ${tokens} tokens, sequenceLength is ${sequenceLength}. Raise it or cut the completion.`,
  );
}
