import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type PolicyLossCall, policyLoss } from '../policyLoss.ts';
import { randomPolicyBatch } from '../randomPolicyBatch.ts';

const CALLS: PolicyLossCall[] = [
  { lossType: 'gspo' },
  { lossType: 'gspo', delta: 1.1, dualClip: 1.2, gradientAccumulationSteps: 3 },
  { lossType: 'grpo', importanceSamplingLevel: 'sequence' },
  { lossType: 'luspo', importanceSamplingLevel: 'sequence', numSequences: 7 },
];

test.each(CALLS)('%j: one term a sequence has the numbers of one a token', (call) => {
  fc.assert(
    fc.property(randomPolicyBatch, (batch) => {
      const { klValues: _, ...given } = batch; // with it each token has a term of its own
      const tokenWeights = batch.logprobs.map(() => 1); // and so with these
      const sequences = policyLoss(given, call);
      const tokens = policyLoss({ ...given, tokenWeights }, call);
      expect(sequences.loss).toBeCloseTo(tokens.loss, 12);
      expect(Object.keys(sequences.metrics)).toEqual(Object.keys(tokens.metrics));
      for (const [name, value] of Object.entries(tokens.metrics)) {
        expect(sequences.metrics[name]).toBeCloseTo(value, 12);
      }
      for (const name of ['gradient', 'perTokenLoss', 'ratio'] as const) {
        for (const [i, value] of tokens[name].entries()) {
          expect(sequences[name][i]).toBeCloseTo(value, 12);
        }
      }
    }),
    { numRuns: 40 },
  );
});

test('what is not finite is named with its place', () => {
  const data = { logprobs: [-1, -2, -3], completionMask: [0, 1, 1], sequenceLength: 3 };
  const run = (more: object) => () =>
    policyLoss({ ...data, advantages: [1], ...more }, { lossType: 'gspo' });
  expect(run({ advantages: [Number.NaN] })).toThrow(/advantages is NaN at sequence 0, position 1/);
  expect(run({ oldLogprobs: [-1, -2, Number.NaN] })).toThrow(/oldLogprobs is NaN.*position 2/);
  expect(run({ oldLogprobs: [-1, -1e4, -1e4], advantages: [-1] })).toThrow(
    /no finite loss .*position 1/,
  );
});
