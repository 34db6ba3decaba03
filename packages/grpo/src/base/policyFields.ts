import type { PolicyLossData } from './policyLossData.ts';
import { readFields } from './readOptions.ts';
import { assertGrid } from './targetAligned.ts';

/** What one value per token may be: `'any'` is read where it is needed; the rest has rules of its own. */
export const POLICY_FIELDS: {
  readonly [K in keyof Required<PolicyLossData>]: 'logprob' | 'number' | 'any' | 'other';
} = {
  logprobs: 'logprob',
  oldLogprobs: 'logprob',
  refLogprobs: 'logprob',
  entropies: 'number',
  tokenWeights: 'number',
  klValues: 'number',
  rolloutLogprobs: 'other',
  advantages: 'other',
  completionMask: 'other',
  importanceWeights: 'other',
  objectiveMask: 'other',
  turns: 'any',
  sequenceLength: 'other',
  sequenceIds: 'other',
};

/** The fields of a loss's inputs that were given: names checked, `null` as not given. */
export function readPolicyFields<D extends Partial<PolicyLossData>>(
  name: string,
  data: D,
  required: readonly (keyof D & string)[],
): D {
  const known: { readonly [K in keyof Required<D>]?: unknown } = POLICY_FIELDS;
  assertGrid(name, data);
  return readFields(name, data, {
    what: 'data field',
    known: known as { [K in keyof Required<D>]: unknown },
    required,
  }); // every field of D is one of ours
}

/** Without these there is no loss. */
export const REQUIRED = ['logprobs', 'advantages', 'completionMask', 'sequenceLength'] as const;
