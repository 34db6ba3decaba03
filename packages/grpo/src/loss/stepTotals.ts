import { assertLength, rowsOf } from '../base/assertTokens.ts';
import { isArray } from '../base/checks.ts';
import { readPolicyFields } from '../base/policyFields.ts';
import type { AlignedPolicyLossData, PolicyLossData } from '../base/policyLossData.ts';
import { countOf, readMask } from '../base/readMask.ts';
import { type AlignedLayout, isAligned, toGrid } from '../base/targetAligned.ts';
import { tokensOfTurns } from '../base/tokensOfTurns.ts';
import type { StepTotals } from './objectives/policyLossOptions.ts';

/** What of a micro-batch is counted; the other inputs of a loss may be there too. */
export type StepBatch = GridBatch | (AlignedLayout & Partial<AlignedPolicyLossData>);

type GridBatch = Pick<PolicyLossData, 'completionMask' | 'sequenceLength'> &
  Partial<PolicyLossData>;

/**
 * The counts of a whole optimiser step, for the options of every loss: with them, the losses and gradients of its
 * micro-batches add up to those of one call.
 *
 * @param batches - every micro-batch of the step (their lengths may differ), or the step as one batch. `completionMask` is the
 * one the losses get, after truncated completions were masked out. Target-aligned batches have `sequenceIds` instead, and
 * `advantages` `[B]` where the last sequences may have no token: those are rows too. With `turns` there are counts of turns.
 * @throws {GrpoError} `missing`, `shape`, `option` as the losses.
 *
 * @example
 * const masks = { completionMask: [1, 1, 1, 0, 0, 0], sequenceLength: 2 };
 * stepTotals(masks); // { numItemsInBatch: 3, numSequences: 3, numLiveSequences: 2, numEntropyTokens: 3 }
 */
export function stepTotals(batches: StepBatch | readonly StepBatch[]): StepTotals {
  const list = isArray(batches)
    ? Array.from(batches as readonly StepBatch[])
    : [batches as StepBatch];
  const totals = { numItemsInBatch: 0, numSequences: 0, numLiveSequences: 0 };
  const turns = { numTurns: 0, numTurnSequences: 0 };
  let haveTurns = list.length > 0;
  for (const batch of list) {
    const own = countsOf(batch);
    totals.numItemsInBatch += own.tokens;
    totals.numSequences += own.rows;
    totals.numLiveSequences += own.live;
    turns.numTurns += own.turns?.length ?? 0;
    turns.numTurnSequences += new Set(own.turns?.map(({ sequence }) => sequence)).size;
    haveTurns &&= own.turns !== undefined;
  }
  const numEntropyTokens = totals.numItemsInBatch;
  return { ...totals, numEntropyTokens, ...(haveTurns && turns) };
}

function countsOf(batch: StepBatch) {
  const where = 'stepTotals';
  const grid = isAligned(batch) ? (toGrid(where, batch).grid as unknown as GridBatch) : batch; // the layout of a grid
  const data = readPolicyFields(where, grid as GridBatch, ['completionMask', 'sequenceLength']);
  const { completionMask, sequenceLength } = data;
  assertLength(where, 'completionMask', completionMask);
  const size = completionMask.length;
  const rows = rowsOf(where, size, sequenceLength);
  const mask = readMask(where, 'completionMask', completionMask, size, sequenceLength);
  let live = 0;
  for (let start = 0; start < size; start += sequenceLength) {
    if (mask.subarray(start, start + sequenceLength).includes(1)) live++;
  }
  const { turns } = data;
  const found = turns === undefined ? undefined : tokensOfTurns(where, turns, mask, sequenceLength);
  return { rows, live, turns: found, tokens: countOf(mask) };
}
