import { formatUnknown } from './before/formatUnknown.ts';
import { learningRateUnusual } from './before/learningRateUnusual.ts';
import { memoryTooSmall } from './before/memoryTooSmall.ts';
import { promptEndsWithSpace } from './before/promptEndsWithSpace.ts';
import { rowsTooLong } from './before/rowsTooLong.ts';
import { tasksOverlap } from './before/tasksOverlap.ts';
import type { BeforeRun, Check, DuringRun } from './check.ts';
import { adapterChangesNothing } from './during/adapterChangesNothing.ts';
import { completionsCut } from './during/completionsCut.ts';
import { entropyCollapse } from './during/entropyCollapse.ts';
import { equalRewards } from './during/equalRewards.ts';
import { evalApart } from './during/evalApart.ts';
import { samplerDiffers } from './during/samplerDiffers.ts';
import { stepAdvice } from './during/stepAdvice.ts';
import { zeroLoss } from './during/zeroLoss.ts';
import { zeroRewards } from './during/zeroRewards.ts';

/** Before the first update. */
export const CHECKS_BEFORE = {
  memoryTooSmall,
  formatUnknown,
  promptEndsWithSpace,
  rowsTooLong,
  tasksOverlap,
  learningRateUnusual,
} satisfies Record<string, Check<BeforeRun>>;

/** After each update, and on the files of a run that has ended. */
export const CHECKS_DURING = {
  zeroRewards,
  equalRewards,
  completionsCut,
  zeroLoss,
  adapterChangesNothing,
  samplerDiffers,
  entropyCollapse,
  evalApart,
  stepAdvice,
} satisfies Record<string, Check<DuringRun>>;

/** What one check found. */
export interface Finding {
  check: string;
  sentence: string;
}

/** Runs checks over facts. */
export function findings<Facts>(
  checks: Readonly<Record<string, Check<Facts>>>,
  facts: Facts,
): Finding[] {
  return Object.entries(checks).flatMap(([check, run]) => {
    const sentence = run(facts);
    return sentence === undefined ? [] : [{ check, sentence }];
  });
}
