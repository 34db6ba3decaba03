import { checkFunction } from '../base/optionChecks.ts';
import { checkBatch } from '../model/checkBatch.ts';
import type { TokenBatch } from '../model/tokenBatch.ts';

/** @deprecated Use `Targets`. All arrays have one entry per chosen target, in row-major order. */
export interface TargetRows {
  /** Row of the hidden states `[B * T, H]` that predicts the target: the position before it. */
  rows: Int32Array;
  targetIds: Int32Array;
  /** Place of the target itself in `[B * T]` arrays. */
  targets: Int32Array;
}

/**
 * Collects the targets of a batch for `selectRows` and `lmHead`: only these cost a product with the vocabulary.
 *
 * Left out in any case: padding, and the first token of every sequence, which nothing predicts.
 *
 * @deprecated Use `selectTargets`, which also gives roles and sequences. It goes with the next minor.
 * @throws {Qwen3Error} `option` if `batch` is none or `isChosen` no function.
 * @param isChosen - asked per real token with its row, column and flat index. Default: every token.
 *
 * @example
 * const { rows, targetIds } = targetRows(tokenBatch([{ ids: [5, 6, 7] }], { padId: 0 }));
 * rows; // Int32Array [0, 1]
 * targetIds; // Int32Array [6, 7]
 */
export function targetRows(
  batch: Pick<TokenBatch, 'B' | 'T' | 'inputIds' | 'segmentIds'>,
  isChosen: (row: number, column: number, index: number) => boolean = () => true,
): TargetRows {
  checkBatch('targetRows', batch, ['inputIds', 'segmentIds']);
  checkFunction('targetRows: isChosen', isChosen);
  const { B, T, inputIds, segmentIds } = batch;
  const targets: number[] = [];
  for (let row = 0; row < B; row++) {
    for (let t = 1; t < T; t++) {
      const index = row * T + t;
      const segment = segmentIds[index]!;
      const isPredicted = segment >= 0 && segmentIds[index - 1] === segment;
      if (isPredicted && isChosen(row, t, index)) targets.push(index);
    }
  }
  return {
    rows: Int32Array.from(targets, (index) => index - 1),
    targetIds: Int32Array.from(targets, (index) => inputIds[index]!),
    targets: Int32Array.from(targets),
  };
}
