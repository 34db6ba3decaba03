import { flat, type Golden } from './lossesSuite.ts';

/** Inputs of policy_losses.json. */
export interface PolicyInputs {
  data: {
    logprobs: Float64Array;
    oldLogprobs: Float64Array;
    rolloutLogprobs: Float64Array;
    refLogprobs: Float64Array;
    completionMask: Float64Array;
    advantages: Float64Array;
    sequenceLength: number;
  };
  withAdvantages(name: string): PolicyInputs['data'];
}

export function policyInputs(golden: Golden): PolicyInputs {
  const { inputs } = golden;
  const data = {
    logprobs: flat(inputs.lp),
    oldLogprobs: flat(inputs.old),
    rolloutLogprobs: flat(inputs.rollout),
    refLogprobs: flat(inputs.ref),
    completionMask: flat(inputs.mask),
    advantages: flat(inputs.adv_token),
    sequenceLength: inputs.mask[0].length as number,
  };
  return { data, withAdvantages: (name) => ({ ...data, advantages: flat(inputs[name]) }) };
}
