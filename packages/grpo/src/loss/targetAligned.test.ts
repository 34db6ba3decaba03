import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AlignedPolicyLossData, PolicyLossData } from '../base/policyLossData.ts';
import { offPolicyMask } from '../correction/offPolicyMask.ts';
import { rejectionMask, vetoMask } from '../correction/rejectionMask.ts';
import { rolloutCorrection } from '../correction/rolloutCorrection.ts';
import { mixtureLoss } from './mixture/mixtureLoss.ts';
import { type PolicyLossCall, policyLoss } from './policyLoss.ts';
import type { PolicyLossName } from './policyLosses.ts';
import { policyLosses } from './policyLosses.ts';
import { type RandomPolicyBatch, randomPolicyBatch } from './randomPolicyBatch.ts';
import { stepTotals } from './reduction/stepTotals.ts';

const PER_TOKEN = [
  'logprobs',
  'oldLogprobs',
  'refLogprobs',
  'rolloutLogprobs',
  'entropies',
  'klValues',
  'turns',
] as const;

type PerToken = (typeof PER_TOKEN)[number];

/** The trained tokens of a grid, in any order that keeps each sequence's own; sequences without one have an id alone. */
function aligned(batch: RandomPolicyBatch, shuffle: number) {
  const { completionMask, sequenceLength, advantages } = batch;
  const rowOf = (place: number) => Math.floor(place / sequenceLength);
  const places = completionMask.flatMap((keep, place) => (keep === 1 ? [place] : []));
  // Rows interleaved: by column of the grid first, rows from `shuffle` on.
  const rows = advantages.length;
  const key = (place: number) =>
    (place % sequenceLength) * rows + ((rowOf(place) + shuffle) % rows);
  if (shuffle > 0) places.sort((a, b) => key(a) - key(b));
  const pick = (values: ArrayLike<number>) => places.map((place) => values[place]!);
  const tokens = Object.fromEntries(PER_TOKEN.map((name) => [name, pick(batch[name])]));
  const data = {
    ...(tokens as Record<PerToken, number[]>),
    advantages,
    sequenceIds: places.map(rowOf),
  };
  return { data, pick, rowOf, places };
}

/** Batches whose aligned form is not refused: there, as many tokens as sequences may be either. */
const cases = fc
  .tuple(randomPolicyBatch, fc.integer({ min: 0, max: 3 }))
  .filter(([batch]) => batch.advantages.length !== batch.completionMask.filter(Boolean).length);

const OPTIONS: Partial<Record<PolicyLossName, object>> = {
  dr_grpo: { maxCompletionLength: 7, beta: 0.1 },
  rema: { turnAggregation: 'trajectory' },
  kl_cov: { klCovFraction: 0.5 },
  clip_cov: { clipCovFraction: 0.5, clipCovRange: [-1, 1] },
};

const names = Object.keys(policyLosses) as PolicyLossName[];

/** The results of both forms must be equal, to the bit. */
function expectEqual(batch: RandomPolicyBatch, shuffle: number, options: PolicyLossCall): void {
  const { data, pick } = aligned(batch, shuffle);
  const grid = policyLoss(batch, options);
  const own = policyLoss(data, options);
  expect(own.loss).toBe(grid.loss);
  expect(own.metrics).toEqual(grid.metrics);
  for (const key of [
    'gradient',
    'entropyGradient',
    'klGradient',
    'perTokenLoss',
    'ratio',
  ] as const) {
    const values = grid[key];
    expect(own[key]).toEqual(values && Float64Array.from(pick(values)));
  }
}

describe('target-aligned data', () => {
  test.each(names)('%s has the numbers of the grid, bit for bit', (lossType) => {
    fc.assert(
      fc.property(cases, ([batch, shuffle]) => {
        const own = OPTIONS[lossType] ?? (lossType === 'rema' ? {} : { beta: 0.1 });
        expectEqual(batch, shuffle, { lossType, ...own } as PolicyLossCall);
      }),
      { numRuns: 60 },
    );
  });

  test.each(['gspo', 'gmpo', 'rema', 'dapo', 'grpo', 'cispo'] as const)(
    '%s with masks, entropy bonus and totals of the step too',
    (lossType) => {
      fc.assert(
        fc.property(cases, ([batch, shuffle]) => {
          const { data } = aligned(batch, shuffle);
          const totals = stepTotals(batch);
          expect(stepTotals(data)).toEqual(totals);
          const call = { topEntropyQuantile: 0.5, entropyCoef: 0.1, offPolicyMaskThreshold: 0.2 };
          expectEqual(batch, shuffle, { lossType, ...call, ...totals } as PolicyLossCall);
        }),
        { numRuns: 60 },
      );
    },
  );

  test('advantages and weights per token, and the fields of a grid that are booleans', () => {
    fc.assert(
      fc.property(cases, ([batch, shuffle]) => {
        const { data, pick, rowOf } = aligned(batch, shuffle);
        fc.pre(Math.max(...data.sequenceIds) + 1 !== data.sequenceIds.length); // refused: see the errors
        const advantages = batch.logprobs.map((x, i) => x + batch.advantages[rowOf(i)]!);
        const weights = batch.entropies;
        const kept = batch.logprobs.map((x) => x < -2);
        const extra = {
          importanceWeights: weights,
          tokenWeights: weights,
          rolloutLogprobs: undefined,
        };
        const grid: PolicyLossData = { ...batch, advantages, ...extra, objectiveMask: kept };
        const places = Array.from(kept.keys());
        const own: AlignedPolicyLossData = {
          ...data,
          rolloutLogprobs: undefined, // with equal log-probs the weights would correct twice
          advantages: pick(advantages),
          importanceWeights: pick(weights),
          tokenWeights: pick(weights),
          objectiveMask: pick(places).map((i) => kept[i]!),
        };
        // Without [B] a last sequence without a token is not known: a mean over tokens does not ask.
        const options = { lossType: 'dapo' } as const;
        expect(policyLoss(own, options).loss).toBe(policyLoss(grid, options).loss);
        expect(Array.from(policyLoss(own, options).gradient)).toEqual(
          pick(policyLoss(grid, options).gradient),
        );
      }),
    );
  });

  test('corrections give weights and masks per token, with the numbers of the grid', () => {
    fc.assert(
      fc.property(cases, ([batch, shuffle]) => {
        const { data, pick } = aligned(batch, shuffle);
        for (const mode of ['token_truncate', 'sequence_mask', 'geometric_truncate'] as const) {
          const grid = rolloutCorrection(batch, { mode });
          const own = rolloutCorrection(data, { mode });
          expect(Array.from(own.weights)).toEqual(pick(grid.weights));
          expect(own.sequenceWeights).toEqual(grid.sequenceWeights);
        }
        const options = { statistic: 'seq_mean_k3', high: 0.3 } as const;
        const rejected = rejectionMask(data, options);
        expect(Array.from(rejected.mask)).toEqual(pick(rejectionMask(batch, options).mask));
        expect(Array.from(vetoMask(data, { threshold: 0.1 }))).toEqual(
          pick(vetoMask(batch, { threshold: 0.1 })),
        );
        expect(Array.from(offPolicyMask(data, 0.1))).toEqual(pick(offPolicyMask(batch, 0.1)));
      }),
    );
  });

  test('a mixture has weights per token', () => {
    fc.assert(
      fc.property(cases, ([batch, shuffle]) => {
        const { data, pick } = aligned(batch, shuffle);
        const weights = batch.logprobs.map((x) => (x < -2 ? 0 : -x));
        const of = (values: number[]) =>
          ({ rl: { loss: 'dapo' }, ce: { loss: 'ce', weights: values, scale: 0.5 } }) as const;
        const grid = mixtureLoss(batch, of(weights));
        const own = mixtureLoss(data, of(pick(weights)));
        expect(own.parts).toEqual(grid.parts);
        expect(Array.from(own.gradient)).toEqual(pick(grid.gradient));
      }),
    );
  });

  test('a sequence without a token is a row, and a batch may have none with one', () => {
    const data = { logprobs: [-1, -2], advantages: [1, 5, -1], sequenceIds: [0, 2] };
    const { gradient } = policyLoss(data, { lossType: 'grpo' });
    expect(Array.from(gradient)).toEqual([-1 / 3, 1 / 3]);
    expect(stepTotals(data)).toMatchObject({ numSequences: 3, numLiveSequences: 2 });
    const none = { logprobs: [], advantages: [1, 1], sequenceIds: [] };
    expect(policyLoss(none, { lossType: 'dapo' }).loss).toBe(0);
  });

  test('batchSize says that B values are one per sequence, where B = N', () => {
    const data = { logprobs: [-1, -2], advantages: [1, 5], sequenceIds: [0, 0] };
    const unsaid = policyLoss(data, { lossType: 'grpo' }); // one sequence, an advantage per token
    const { gradient } = policyLoss({ ...data, batchSize: 2 }, { lossType: 'grpo' });
    expect(Array.from(gradient)).toEqual([-0.25, -0.25]); // the second sequence has no token
    expect(Array.from(unsaid.gradient)).toEqual([-0.5, -2.5]);
    expect(stepTotals({ ...data, batchSize: 2 })).toMatchObject({ numSequences: 2 });
    for (const batchSize of [0, 1.5, '2' as never]) {
      expect(() => policyLoss({ ...data, batchSize }, { lossType: 'grpo' })).toThrow(/batchSize/);
    }
    const beyond = { ...data, sequenceIds: [0, 3], batchSize: 2 };
    expect(() => policyLoss(beyond, { lossType: 'grpo' })).toThrow(/sequenceIds must be 0 to 1/);
  });

  test('a loss of your own gets a grid, and gives [N] back', () => {
    const own = ({ completionMask, logprobs }: PolicyLossData) => {
      expect(completionMask).toEqual(Uint8Array.of(1, 1, 1, 0));
      const gradient = Float64Array.from(logprobs);
      return { loss: 0, gradient, perTokenLoss: gradient, ratio: gradient, metrics: {} };
    };
    const data = { logprobs: [-1, -3, -2], advantages: [1, 1], sequenceIds: [0, 1, 0] };
    expect(Array.from(policyLoss(data, { lossType: own }).gradient)).toEqual([-1, -3, -2]);
  });

  test.each([
    [{ completionMask: [1, 1, 1] }, 'option', /sequenceIds and completionMask are two layouts/],
    [{ sequenceLength: 3 }, 'option', /sequenceIds and sequenceLength are two layouts/],
    [{ sequenceIds: [0, 0, 2] }, 'option', /sequenceIds must be 0 to 1.*got 2 at position 2/],
    [{ sequenceIds: [0, 0, 0.5] }, 'option', /0 to B - 1/],
    [{ sequenceIds: [0, 0] }, 'shape', /logprobs must have 2 values, got 3/],
    [
      { advantages: [1, 2, 3, 4], importanceWeights: [1, 2] },
      'shape',
      /importanceWeights must have/,
    ],
    [{ advantages: [1, 2, 3], sequenceIds: [2, 1, 0] }, 'shape', /order of their sequences/],
    [{ logprobs: [-1, Number.NaN, -1] }, 'not-finite', /sequence 0, position 1/],
    [{ logprbs: [-1, -1, -1] }, 'unknown-name', /logprobs/],
  ])('%j is an error that says how', (fields, code, message) => {
    const data = { logprobs: [-1, -2, -3], advantages: [1, 2], sequenceIds: [0, 0, 1], ...fields };
    const run = () => policyLoss(data as never, { lossType: 'dapo' });
    expect(run).toThrow(message);
    expect(run).toThrow(expect.objectContaining({ code }));
  });

  test('a mixture has no mask to ignore', () => {
    const data = { logprobs: [-1, -2, -3], advantages: [1, 2], sequenceIds: [0, 0, 1] };
    const run = () => mixtureLoss(data, { ce: { loss: 'ce', ignoreCompletionMask: true } });
    expect(run).toThrow(/there is no mask to ignore/);
  });
});
