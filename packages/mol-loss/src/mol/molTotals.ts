import { MolLossError } from '../base/errors.ts';
import { assertList, readFields } from '../base/readFields.ts';
import { type MixtureOptions, readMixture } from './mixture.ts';
import { LOGITS_OPTIONS } from './molLogitsOptions.ts';
import { type MolTokens, readData, readTokens, sizesOf } from './molTokens.ts';
import {
  COMPONENTS,
  type MolTotals,
  type MolWeightsOptions,
  readDivisors,
  WEIGHTS_OPTIONS,
} from './molWeights.ts';

/**
 * The `totals` of a batch that is handed over in parts (micro-batches, workers). With them the losses and the gradients of
 * the parts add up to those of the whole.
 *
 *     total = sum over the parts of what the component's normaliser divides by: its sequences, tokens or weights
 *
 * @param parts - the tokens of every part; their values need not be known yet. A sequence lies in one part (one that is cut in
 * two counts as two), and ids of sequences are a part's own. Workers call this with their own parts and add up the results,
 * name by name.
 * @param options - those of the loss: `normalizer`, `denominator` and the roles of a `mixture` decide what is counted.
 * @returns `environment`, `assistant`, `general`, and `joint` in place of those normalised jointly. 0 = not in the batch.
 * @throws {MolLossError} as `molWeights`; `option` if joint sequences and joint tokens are to be counted at once.
 *
 * @example
 * const parts = [{ roles: ['environment', 'general'] }, { roles: ['environment', 'environment'] }];
 * molTotals(parts, { normalizer: 'token' }); // { environment: 3, assistant: 0, general: 1 }
 */
export function molTotals(
  parts: readonly MolTokens[],
  options: Partial<MolWeightsOptions>,
): MolTotals {
  const names = { ...WEIGHTS_OPTIONS, ...LOGITS_OPTIONS };
  const given = readFields('molTotals', options, { known: names });
  const { divisorOf } = readDivisors('molTotals', given);
  const joint = COMPONENTS.map((name) => divisorOf[name]).filter(({ span }) => span === 'joint');
  if (new Set(joint.map(({ unit }) => unit)).size > 1) {
    throw new MolLossError(
      'option',
      "molTotals: normalizer has both 'sequence-joint' and 'token-joint', whose totals differ. Use one of them.",
    );
  }
  // Without a mixture every role counts, whatever alpha is.
  const terms =
    given.mixture === undefined ? undefined : readMixture('molTotals', given as MixtureOptions);
  assertList('molTotals', 'parts', parts);
  const ofParts = Array.from(parts, (part) => {
    const layout = readTokens('molTotals', readData('molTotals', part), terms);
    return sizesOf(layout, 'count').sizes;
  });
  const totals: MolTotals = {};
  for (const { span, unit } of COMPONENTS.map((name) => divisorOf[name])) {
    totals[span] = ofParts.reduce((sum, sizes) => sum + sizes[span][unit], 0);
  }
  return totals;
}
