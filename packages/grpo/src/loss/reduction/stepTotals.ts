import { isArray } from '../../base/checks.ts';
import { onRows } from '../../base/onRows.ts';
import type { AlignedPolicyLossData, PolicyLossData } from '../../base/policyLossData.ts';
import type { AlignedLayout } from '../../base/targetAligned.ts';
import { liveRows, trainedCount } from '../../base/tokenRows.ts';
import { type TurnTokens, tokensOfTurns } from '../../base/tokensOfTurns.ts';
import type { StepTotals } from '../options/sharedOptions.ts';

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
  return onRows<Partial<PolicyLossData>, Counts>(batch, {
    where: 'stepTotals',
    required: ['completionMask', 'sequenceLength'],
    perToken: [],
    run({ turns }, tokens) {
      const { rows } = tokens;
      const found = turns === undefined ? undefined : tokensOfTurns('stepTotals', turns, tokens);
      return { rows, live: liveRows(tokens), turns: found, tokens: trainedCount(tokens) };
    },
  });
}

interface Counts {
  rows: number;
  live: number;
  turns: TurnTokens[] | undefined;
  tokens: number;
}
