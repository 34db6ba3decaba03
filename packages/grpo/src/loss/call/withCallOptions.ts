import { GrpoError } from '../../base/errors.ts';
import type { PolicyLossData } from '../../base/policyLossData.ts';
import type { PolicyLossResult } from '../../base/policyLossResult.ts';
import { readColumn } from '../../base/readColumn.ts';
import { readMask } from '../../base/readMask.ts';
import type { TokenRows } from '../../base/tokenRows.ts';
import { offPolicyMask } from '../../correction/offPolicyMask.ts';
import type { CallOptions, StepTotals } from '../options/sharedOptions.ts';
import { withEntropyBonus } from './entropyBonus.ts';
import { highEntropyMask } from './highEntropyMask.ts';

const WHERE = 'policyLoss';

/** Whether the options of `policyLoss` leave the loss as it is. */
export function leavesLoss(call: CallOptions): boolean {
  return !needsEntropies(call) && call.offPolicyMaskThreshold === undefined;
}

const needsEntropies = ({ topEntropyQuantile = 1, entropyCoef = 0 }: CallOptions) =>
  topEntropyQuantile < 1 || entropyCoef !== 0;

interface LossCall {
  /** The loss with its own options. */
  run(data: PolicyLossData): PolicyLossResult;
  call: CallOptions;
  totals: StepTotals & object;
}

/** A loss with its objective masked, and the entropy bonus added. */
export function withCallOptions(
  data: PolicyLossData,
  tokens: TokenRows,
  { run, call, totals }: LossCall,
): PolicyLossResult {
  const { mask, starts } = tokens;
  const { topEntropyQuantile = 1, entropyCoef = 0, offPolicyMaskThreshold } = call;
  const entropies = needsEntropies(call) ? readEntropies(data, tokens) : [];
  const uncertain =
    topEntropyQuantile < 1 ? highEntropyMask(entropies, mask, topEntropyQuantile) : mask;
  const onPolicy =
    offPolicyMaskThreshold === undefined ? mask : offPolicyMask(data, offPolicyMaskThreshold);
  const { objectiveMask: given } = data;
  const kept =
    given === undefined
      ? mask
      : readMask(
          WHERE,
          { objectiveMask: given },
          { length: mask.length, layout: starts, within: mask },
        );
  const objectiveMask = kept.map((keep, i) => keep * uncertain[i]! * onPolicy[i]!);
  const result = run({ ...data, objectiveMask });
  if (entropyCoef === 0) return result;
  const chosen = { entropies, trained: mask, chosen: uncertain };
  return withEntropyBonus(result, chosen, { ...totals, entropyCoef });
}

function readEntropies({ entropies }: PolicyLossData, tokens: TokenRows): ArrayLike<number> {
  if (entropies === undefined || entropies === null) {
    throw new GrpoError('missing', `${WHERE}: topEntropyQuantile and entropyCoef need entropies.`);
  }
  return readColumn(WHERE, { name: 'entropies', values: entropies, kind: 'number' }, tokens);
}
