import { expect, test } from 'vitest';
import { type PolicyLossCall, policyLoss } from './policyLoss.ts';
import { policyLosses } from './policyLosses.ts';

test('errors say what came and what to do', () => {
  const data = { logprobs: [-1, -2], advantages: [1], completionMask: [1, 1], sequenceLength: 2 };
  const run = (more: object, options: object = { lossType: 'dapo' }) => {
    return () => policyLoss({ ...data, ...more }, options as PolicyLossCall);
  };
  expect(run({}, { lossType: 'dappo' })).toThrowErrorMatchingInlineSnapshot(
    `[GrpoError: policyLoss: unknown lossType 'dappo'. Did you mean 'dapo'? Known: grpo, dr_grpo, dapo, bnpo, ppo, luspo, gspo, gspo_token, cispo, sapo, vespo, gmpo, dppo, prime, ipo, dro, importance_sampling, reinforce, kl_cov, clip_cov, rema, ce, ref_kl, kl.]`,
  );
  expect(run({ completionMask: [1] })).toThrowErrorMatchingInlineSnapshot(
    `[GrpoError: dapoLoss: completionMask must have 2 values, got 1.]`,
  );
  expect(run({ sequenceLength: 3 })).toThrowErrorMatchingInlineSnapshot(
    `[GrpoError: dapoLoss: 2 values are no rows of sequenceLength 3. Pad them.]`,
  );
  expect(run({ advantages: [1, 2, 3] })).toThrowErrorMatchingInlineSnapshot(
    `[GrpoError: dapoLoss: advantages must have 1 or 2 values, got 3.]`,
  );
  expect(run({ logprobs: [-1, Number.NaN] })).toThrowErrorMatchingInlineSnapshot(
    `[GrpoError: dapoLoss: logprobs is NaN at sequence 0, position 1. Mask it, or find its source.]`,
  );
  expect(run({}, { lossType: 'dapo', beta: 0.1 })).toThrowErrorMatchingInlineSnapshot(
    `[GrpoError: dapoLoss: beta 0.1 needs refLogprobs.]`,
  );
  expect(run({}, { lossType: 'dr_grpo' })).toThrowErrorMatchingInlineSnapshot(
    `[GrpoError: drGrpoLoss: reduction 'token-sum-norm' needs maxCompletionLength.]`,
  );
  expect(run({}, { lossType: 'dapo', entropyCoef: 0.1 })).toThrowErrorMatchingInlineSnapshot(
    `[GrpoError: policyLoss: topEntropyQuantile and entropyCoef need entropies.]`,
  );
  expect(
    run({ refLogprobs: [-1, -1] }, { lossType: 'dapo', beta: 0.1, klEstimator: 'k4' }),
  ).toThrowErrorMatchingInlineSnapshot(
    `[GrpoError: dapoLoss: unknown klEstimator 'k4'. Did you mean 'k1'? Known: k1, k2, k3, abs, k1+, k3+, abs+, exact.]`,
  );
  const sampled = [-1, -1];
  const twice = { oldLogprobs: sampled, rolloutLogprobs: sampled, importanceWeights: [1] };
  expect(run(twice)).toThrowErrorMatchingInlineSnapshot(
    `[GrpoError: dapoLoss: the ratio to rolloutLogprobs corrects the sampler already. Drop importanceWeights.]`,
  );
  expect(run(twice, { lossType: 'prime' })).toThrowErrorMatchingInlineSnapshot(
    `[GrpoError: primeLoss: the ratio to rolloutLogprobs corrects the sampler already. Drop importanceWeights.]`,
  );
  // What a formula has no place for is refused, not ignored.
  const turns = [0, 0];
  expect(run({ turns }, { lossType: 'rema', beta: 0.1 })).toThrowErrorMatchingInlineSnapshot(
    `[GrpoError: turnRatioLoss: has no beta. All losses but rema have it. Leave it out.]`,
  );
  expect(run({ importanceWeights: [1] }, { lossType: 'gmpo' })).toThrowErrorMatchingInlineSnapshot(
    `[GrpoError: gmpoLoss: has no importanceWeights: leave it out.]`,
  );
  expect(run({}, { lossType: 'gmpo', beta: 0.1 })).toThrowErrorMatchingInlineSnapshot(
    `[GrpoError: gmpoLoss: beta 0.1 needs refLogprobs.]`,
  );
  expect(run({ completionMask: [] })).toThrowErrorMatchingInlineSnapshot(
    `[GrpoError: dapoLoss: completionMask must have 2 values, got 0.]`,
  );
  expect(run({ turns: [0] }, { lossType: 'rema' })).toThrowErrorMatchingInlineSnapshot(
    `[GrpoError: turnRatioLoss: turns must have 2 values, got 1.]`,
  );
  expect(() =>
    policyLosses.dapo(data, { topEntropyQuantile: 0.5 } as object),
  ).toThrowErrorMatchingInlineSnapshot(
    `[GrpoError: dapoLoss: has no topEntropyQuantile. It is policyLoss's, which takes any loss. Leave it out.]`,
  );
});
