// One file: what losses make of their inputs, over the whole registry.
import { describe, expect, test } from 'vitest';
import { broadcastSequences } from '../advantages/turnReturns.ts';
import { GrpoError } from '../base/errors.ts';
import type { PolicyLossData } from '../base/policyLossData.ts';
import { rolloutCorrection } from '../correction/rolloutCorrection.ts';
import { mixtureLoss } from './mixture/mixtureLoss.ts';
import { type PolicyLossCall, policyLoss } from './policyLoss.ts';
import type { PolicyLossName } from './policyLosses.ts';
import { policyLosses } from './policyLosses.ts';

const NAMES = Object.keys(policyLosses) as PolicyLossName[];
const callOf = (lossType: PolicyLossName) =>
  ({ lossType, ...(lossType === 'dr_grpo' && { maxCompletionLength: 2 }) }) as PolicyLossCall;

const full: PolicyLossData = {
  logprobs: [-1, -2],
  oldLogprobs: [-1, -2],
  refLogprobs: [-1, -2],
  rolloutLogprobs: [-1, -2],
  entropies: [1, 1],
  klValues: [0.1, 0.1],
  advantages: [1, 1],
  completionMask: [1, 1],
  objectiveMask: [1, 1],
  turns: [0, 0],
  sequenceLength: 2,
};

describe('masks', () => {
  test.each(NAMES)('%s: true and false are 1 and 0, in every kind of array', (lossType) => {
    const run = (completionMask: PolicyLossData['completionMask']) =>
      policyLoss({ ...full, completionMask }, callOf(lossType));
    const want = run([1, 0]);
    for (const mask of [[true, false], new Uint8Array([1, 0]), new Float32Array([1, 0])])
      expect(run(mask)).toEqual(want);
  });

  test.each(NAMES)('%s: anything else is an error that names its place', (lossType) => {
    for (const bad of [Number.NaN, undefined, null, 0.5, 2, -1, '1']) {
      const completionMask = [1, bad] as number[];
      const run = () => policyLoss({ ...full, completionMask }, callOf(lossType));
      expect(run, String(bad)).toThrow(/completionMask .* at sequence 0, position 1/);
      const masked = { ...full, objectiveMask: completionMask };
      expect(() => policyLoss(masked, callOf(lossType))).toThrow(/objectiveMask .* position 1/);
    }
  });
});

describe('numbers', () => {
  const fields = [
    'logprobs',
    'oldLogprobs',
    'refLogprobs',
    'entropies',
    'klValues',
    'tokenWeights',
    'importanceWeights',
    'advantages',
  ] as const;

  test.each(NAMES)(
    '%s: NaN, infinities and no numbers are errors, but never where masked',
    (lossType) => {
      const plain = policyLoss({ ...full, completionMask: [1, 0] }, callOf(lossType));
      const corrected = ['prime', 'ipo', 'ref_kl', 'gmpo', 'rema'].includes(lossType);
      const whole = lossType === 'gmpo' || lossType === 'rema';
      for (const field of fields) {
        if (corrected && field === 'importanceWeights') continue; // have none
        if (whole && field === 'tokenWeights') continue;
        for (const bad of [Number.NaN, Infinity, -Infinity, '1', null, undefined]) {
          const sign = field.endsWith('robs') ? -1 : 1;
          const data = { ...full, [field]: [sign, bad] };
          const run = () => policyLoss(data, callOf(lossType));
          expect(run, `${field} ${bad}`).toThrow(`${field} is`);
          expect(run).toThrow(/sequence 0, position 1/);
          const masked = policyLoss({ ...data, completionMask: [1, 0] }, callOf(lossType));
          expect([...masked.gradient].every(Number.isFinite)).toBe(true);
          if (field === 'advantages') expect(masked.gradient).toEqual(plain.gradient);
        }
      }
    },
  );

  test('log-probs above 0 are an error, rounding is not', () => {
    for (const field of ['logprobs', 'oldLogprobs', 'refLogprobs'] as const) {
      const run = (value: number) => () =>
        policyLoss({ ...full, [field]: [-1, value] }, { lossType: 'dapo' });
      expect(run(0.5)).toThrow(/a log-prob is at most 0/);
      expect(run(1e-6)).not.toThrow();
    }
  });

  test('importance weights are not negative', () => {
    const data = { ...full, importanceWeights: [1, -1] };
    expect(() => policyLoss(data, { lossType: 'dapo' })).toThrowErrorMatchingInlineSnapshot(
      `[GrpoError: dapoLoss: importanceWeights must be >= 0, got -1 at sequence 0, position 1.]`,
    );
  });

  test('null inputs are none', () => {
    const nothing = { ...full, oldLogprobs: null, tokenWeights: null } as unknown as PolicyLossData;
    const { oldLogprobs: _, ...without } = full;
    expect(policyLoss(nothing, { lossType: 'dapo' })).toEqual(
      policyLoss(without, { lossType: 'dapo' }),
    );
  });
});

describe('gmpo with advantages per token', () => {
  const batch = { logprobs: [-1, -1, -1], completionMask: [0, 1, 1], sequenceLength: 3 };
  const run = (advantages: ArrayLike<number>, more: object = {}) =>
    policyLoss({ ...batch, advantages, ...more }, { lossType: 'gmpo' });

  test('broadcast ones are the same as one per sequence', () => {
    const spread = broadcastSequences([2], batch.completionMask, { sequenceLength: 3 });
    const { loss, gradient } = run(spread);
    expect([loss, ...gradient]).toEqual([-2, 0, -1, -1]);
    expect(run([2]).gradient).toEqual(gradient);
  });

  test('others are averaged over the row, and masked ones are never read', () => {
    expect(run([Number.NaN, 1, 3]).loss).toBe(-2);
    expect(run([9, 1, -1]).loss).toBeCloseTo(0, 12);
    expect(run([9, -1, 1]).loss).toBeCloseTo(0, 12);
  });

  test('a row without a trained token counts as -A under trl, so its A must be a number', () => {
    const data = { logprobs: [-1], completionMask: [0], sequenceLength: 1 };
    expect(policyLoss({ ...data, advantages: [2] }, { lossType: 'gmpo' }).loss).toBe(-2);
    expect(() => policyLoss({ ...data, advantages: [Number.NaN] }, { lossType: 'gmpo' })).toThrow(
      GrpoError,
    );
  });
});

test('rema: an objectiveMask under the mask is not read, and a dropped turn stays in the mean', () => {
  const data = { logprobs: [-1, -1], advantages: [1], turns: [0, 0], sequenceLength: 2 };
  const masked = { ...data, completionMask: [0, 1], objectiveMask: [Number.NaN, 1] };
  expect([...policyLoss(masked, { lossType: 'rema' }).gradient]).toEqual([0, -1]);
  const dropped = { ...data, turns: [0, 1], completionMask: [1, 1], objectiveMask: [0, 1] };
  expect([...policyLoss(dropped, { lossType: 'rema' }).gradient]).toEqual([0, -0.5]);
});

test("prime names the sampler's log-probs", () => {
  const data = { ...full, rolloutLogprobs: [-1, Number.NaN] };
  for (const lossType of ['prime', 'ipo', 'ref_kl'] as const) {
    expect(() => policyLoss(data, { lossType })).toThrow(
      /rolloutLogprobs is NaN at sequence 0, position 1/,
    );
    const { rolloutLogprobs: _, ...without } = full;
    expect(() => policyLoss(without, { lossType })).toThrow(/needs rolloutLogprobs/);
  }
});

test("ipo's bound is prime-rl's 0.1", () => {
  const data = {
    ...full,
    logprobs: [Math.log(0.5), Math.log(0.5)],
    rolloutLogprobs: [Math.log(0.35), Math.log(0.45)],
  };
  expect(policyLoss(data, { lossType: 'ipo' }).metrics.is_masked).toBe(0.5);
  expect(policyLoss(data, { lossType: 'ipo', epsilon: 0.2 }).metrics.is_masked).toBe(0);
});

describe('the mismatch is corrected once', () => {
  const sampled = [-1, -1.5];
  const data = { ...full, rolloutLogprobs: sampled, importanceWeights: [1, 0.6] };
  test('old log-probs that are the sampler, or a copy of them, with weights', () => {
    for (const oldLogprobs of [sampled, [...sampled], Float64Array.from(sampled)])
      expect(() => policyLoss({ ...data, oldLogprobs }, { lossType: 'dapo' })).toThrow(
        /Drop importanceWeights/,
      );
  });
  test('an engine that agrees with its sampler to the last bit has weights of 1, and passes', () => {
    const agreed = { ...data, oldLogprobs: [...sampled] };
    const { weights } = rolloutCorrection(agreed as Parameters<typeof rolloutCorrection>[0]);
    const run = () => policyLoss({ ...agreed, importanceWeights: weights }, { lossType: 'dapo' });
    expect(run).not.toThrow();
  });
});

test("vespo refuses a sequence's weight that is repeated on its tokens", () => {
  const data = {
    oldLogprobs: [-1, -2, -1],
    rolloutLogprobs: [-1.2, -2.1, -1.3],
    completionMask: [1, 1, 1],
    sequenceLength: 3,
  };
  const batch = { ...data, logprobs: [-1, -2, -1], advantages: [1] };
  for (const mode of ['sequence_truncate', 'geometric_truncate'] as const) {
    const { weights, sequenceWeights } = rolloutCorrection(data, { mode });
    const run = (importanceWeights: ArrayLike<number>) =>
      policyLoss({ ...batch, importanceWeights }, { lossType: 'vespo' });
    expect(() => run(Array.from(weights))).toThrowErrorMatchingInlineSnapshot(
      `[GrpoError: vespoLoss: importanceWeights repeat each sequence's weight on its tokens, and would enter once per token. Pass one per sequence: sequenceWeights of rolloutCorrection.]`,
    );
    expect(run(sequenceWeights!).loss).toBeGreaterThan(0);
  }
  const { weights } = rolloutCorrection(data, { mode: 'token_truncate' });
  expect(() =>
    policyLoss({ ...batch, importanceWeights: weights }, { lossType: 'vespo' }),
  ).not.toThrow();
});

describe('mixtureLoss', () => {
  const data = { logprobs: [-1, -1], advantages: [1], completionMask: [1, 1], sequenceLength: 2 };
  test('keeps tokenWeights, beside the weights of a component', () => {
    const weighted = { ...data, tokenWeights: [1, 0] };
    const gradient = (weights?: number[]) => [
      ...mixtureLoss(weighted, { a: { loss: 'dapo', weights } }).gradient,
    ];
    expect(gradient()).toEqual([-0.5, 0]);
    expect(gradient([0.5, 1])).toEqual([-0.25, 0]);
    expect([...policyLoss(weighted, { lossType: 'dapo' }).gradient]).toEqual([-0.5, 0]);
  });

  test('a reduction, a bad normalizer and bad weights are errors that name the component', () => {
    const run = (component: object) => () =>
      mixtureLoss(data, { rl: { loss: 'dapo', ...component } as { loss: 'dapo' } });
    expect(run({ options: { reduction: 'token-mean' } })).toThrow(/component 'rl'/);
    for (const normalizer of [0, -1, Number.NaN, '2'])
      expect(run({ normalizer })).toThrow(/normalizer/);
    expect(run({ weights: [1, Number.NaN] })).toThrow(/weights is NaN at sequence 0, position 1/);
    expect(run({ weights: [1] })).toThrow(/weights must have 2 values/);
    expect(run({ scale: '1' })).toThrow(/scale/);
    expect(run({ ignoreCompletionMask: 1 })).toThrow(/ignoreCompletionMask/);
  });
});
