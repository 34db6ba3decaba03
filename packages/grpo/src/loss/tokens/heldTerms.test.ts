import fc from 'fast-check';
import { expect, test } from 'vitest';
import { klEstimators } from '../../kl/klEstimators.ts';
import { type PolicyLossCall, policyLoss } from '../policyLoss.ts';
import { randomPolicyBatch } from '../randomPolicyBatch.ts';

const CALLS: PolicyLossCall[] = [
  { lossType: 'dapo' },
  { lossType: 'dapo', epsilon: 0.1, epsilonHigh: 0.3, beta: 0.04 },
  { lossType: 'grpo', delta: 1.5, gradientAccumulationSteps: 3 },
  { lossType: 'grpo', delta: 1.1, dualClip: 1.05 },
  { lossType: 'grpo', delta: 0.7, dualClip: 2 },
  { lossType: 'dr_grpo', maxCompletionLength: 9, beta: 0.1, useBiasCorrectionKl: false },
  { lossType: 'bnpo', beta: 0.1, klEstimator: 'k2' },
  { lossType: 'luspo', importanceSamplingLevel: 'token', numSequences: 7 },
  { lossType: 'cispo' },
  { lossType: 'cispo', epsilonHigh: 1.3, beta: 0.1, klEstimator: 'abs+' },
  { lossType: 'importance_sampling', beta: 0.2, klEstimator: klEstimators.k1 },
  { lossType: 'reinforce' },
  { lossType: 'reinforce', beta: 0.2 },
];

test.each(CALLS)('%j: one loop has the bits of the general way', (call) => {
  fc.assert(
    fc.property(randomPolicyBatch, fc.boolean(), (batch, onPolicy) => {
      const { klValues: _, turns: __, oldLogprobs, ...rest } = batch;
      const given = onPolicy ? rest : { ...rest, oldLogprobs };
      const tokenWeights = batch.logprobs.map(() => 1); // with these a token has a factor of its own
      const { metrics, loss, ...oneLoop } = policyLoss(given, call);
      const general = policyLoss({ ...given, tokenWeights }, call);
      expect(loss).toBe(general.loss);
      expect(Object.entries(metrics)).toEqual(Object.entries(general.metrics)); // in their order
      for (const name of ['gradient', 'perTokenLoss', 'ratio'] as const) {
        expect([...oneLoop[name]].map(plain)).toEqual([...general[name]].map(plain));
      }
    }),
    { numRuns: 60 },
  );
});

/** 0 for either zero. */
const plain = (value: number): number => value + 0;

const sequences = {
  logprobs: new Float32Array([-1, -2, -3, Number.NaN]),
  oldLogprobs: [-1.5, -2, -3, 5],
  refLogprobs: [-1, -2, -3, 5],
  advantages: [1, -1],
  completionMask: [1, 1, 1, 0],
  sequenceLength: 2,
};

test('what is no number, or no log-prob, is named with its place; masked tokens are not read', () => {
  const run = (more: object) => () => policyLoss({ ...sequences, ...more }, { lossType: 'dapo' });
  expect(run({})().gradient.at(-1)).toBe(0);
  expect(run({})().ratio.at(-1)).toBe(1);
  const nan = Number.NaN;
  expect(run({ logprobs: [-1, -2, nan, 0] })).toThrow(/logprobs is NaN at sequence 1, position 0/);
  expect(run({ logprobs: [-1, -Infinity, -1, 0], oldLogprobs: undefined })).toThrow(
    /logprobs is -Infinity at sequence 0, position 1/,
  );
  expect(run({ oldLogprobs: [-1, 0.5, -3, 0] })).toThrow(
    /oldLogprobs is 0.5.*0, position 1: a log/,
  );
  expect(run({ refLogprobs: [-1, -2, nan, 0] })).toThrow(/refLogprobs is NaN.*1, position 0/);
  expect(run({ refLogprobs: [-1, -2, 1, 0] })).toThrow(/refLogprobs is 1 .*1, position 0: a log/);
  expect(run({ entropies: [nan, 1, 1, 1] })).toThrow(/entropies is NaN at sequence 0, position 0/);
  expect(run({ advantages: [1, nan] })).toThrow(/advantages is NaN at sequence 1, position 0/);
  expect(run({ rolloutLogprobs: [0, Infinity, 0, 0] })).toThrow(/rolloutLogprobs is Infinity/);
  expect(run({ oldLogprobs: [-1, -2, -1e4, 0] })).toThrow(
    /no finite loss .*sequence 1, position 0/,
  );
});
