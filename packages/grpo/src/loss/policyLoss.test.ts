// One file: every property runs over the whole registry and the same random batches.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { groupAdvantages } from '../advantages/groupAdvantages.ts';
import { rewardToGoAdvantages } from '../advantages/rewardToGoAdvantages.ts';
import { broadcastSequences } from '../advantages/turnReturns.ts';
import { type ImportanceRatio, tokenRatio } from '../ratio/importanceRatio.ts';
import { gspoTokenRatio } from '../ratio/sequenceRatio.ts';
import { type PolicyLossCall, policyLoss } from './policyLoss.ts';
import type { PolicyLossName } from './policyLosses.ts';
import { policyLosses } from './policyLosses.ts';
import { randomPolicyBatch } from './randomPolicyBatch.ts';

const NAMES = Object.keys(policyLosses) as PolicyLossName[];
const RUNS = { numRuns: 25 };

/** A KL and a horizon for the losses that have them. */
function optionsOf<N extends PolicyLossName>(lossType: N) {
  const beta = lossType === 'rema' ? {} : { beta: 0.05 };
  const horizon = lossType === 'rema' || lossType === 'gmpo' ? {} : { maxCompletionLength: 8 };
  return { lossType, ...beta, ...horizon } as PolicyLossCall;
}

/** Losses whose weight is a constant in the formula: their gradient is that of the value with the weight held. */
const HELD_WEIGHT: PolicyLossName[] = ['cispo', 'vespo', 'dppo'];
/** Detached otherwise: each has a test below. */
const DETACHED: PolicyLossName[] = ['gspo_token', 'ref_kl', 'kl_cov', 'clip_cov', ...HELD_WEIGHT];

/** Checks a gradient against central differences of `loss`, a function of the log-probs. */
function expectSlopes(
  loss: (logprobs: number[]) => number,
  { logprobs, gradient }: { logprobs: number[]; gradient: Float64Array },
): void {
  const step = 1e-6;
  for (const [i, g] of gradient.entries()) {
    const at = (x: number) => loss(logprobs.map((value, j) => (i === j ? value + x : value)));
    const expected = (at(step) - at(-step)) / (2 * step);
    expect(Math.abs(g - expected)).toBeLessThan(1e-5 * Math.max(1, Math.abs(expected)));
  }
}

describe('policyLoss', () => {
  test.each(NAMES.filter((name) => !DETACHED.includes(name)))(
    'the gradient of %s is that of its value',
    (lossType) => {
      fc.assert(
        fc.property(randomPolicyBatch, (batch) => {
          // The KL is k3 with the bias correction, on the same ratio.
          const options = optionsOf(lossType);
          const { gradient } = policyLoss(batch, options);
          const { logprobs } = batch;
          expectSlopes((x) => policyLoss({ ...batch, logprobs: x }, options).loss, {
            logprobs,
            gradient,
          });
        }),
        RUNS,
      );
    },
  );

  test.each(HELD_WEIGHT)('the gradient of %s is that of its value, the weight held', (lossType) => {
    fc.assert(
      fc.property(randomPolicyBatch, (batch) => {
        const { logprobs, completionMask } = batch;
        const { gradient, perTokenLoss } = policyLoss(batch, { lossType });
        const tokens = completionMask.reduce((sum, keep) => sum + keep, 0);
        const held = (x: number[]) =>
          perTokenLoss.reduce((sum, term, i) => sum + (term / logprobs[i]!) * x[i]!, 0) / tokens;
        expectSlopes(held, { logprobs, gradient });
      }),
      RUNS,
    );
  });

  test('the gradient of gspo_token is that of the own log-prob, the mean of the sequence held', () => {
    fc.assert(
      fc.property(randomPolicyBatch, (batch) => {
        const { logprobs } = batch;
        const options = { lossType: 'gspo_token', epsilon: 0.3, epsilonHigh: 0.3 } as const;
        const { gradient } = policyLoss(batch, options);
        const held: ImportanceRatio = (data, clamp) => {
          const values = gspoTokenRatio(batch, clamp).values;
          const moved = values.map((u, i) => u + data.logprobs[i]! - logprobs[i]!);
          return { ...tokenRatio(data, clamp), values: moved };
        };
        const level = { ...options, importanceSamplingLevel: held };
        expectSlopes((x) => policyLoss({ ...batch, logprobs: x }, level).loss, {
          logprobs,
          gradient,
        });
      }),
      RUNS,
    );
  });

  test('the gradient of ref_kl is that of its value, the gap to the reference held', () => {
    fc.assert(
      fc.property(randomPolicyBatch, (batch) => {
        const { logprobs, refLogprobs } = batch;
        const { gradient } = policyLoss(batch, { lossType: 'ref_kl' });
        const held = (x: number[]) => {
          const moved = refLogprobs.map((ref, i) => ref + x[i]! - logprobs[i]!);
          const data = { ...batch, logprobs: x, refLogprobs: moved };
          return policyLoss(data, { lossType: 'ref_kl' }).loss;
        };
        expectSlopes(held, { logprobs, gradient });
      }),
      RUNS,
    );
  });

  test.each(['kl_cov', 'clip_cov'] as const)(
    'the gradient of %s is that of its value while the chosen tokens stay the same',
    (lossType) => {
      fc.assert(
        fc.property(randomPolicyBatch, (batch) => {
          const { logprobs, oldLogprobs } = batch;
          fc.pre(logprobs.every((x, i) => x !== oldLogprobs[i])); // |log ratio| has a kink there
          const all: PolicyLossCall =
            lossType === 'kl_cov'
              ? { lossType, klCovFraction: 1 }
              : { lossType, clipCovFraction: 1, clipCovRange: [0.123457, 5] };
          const { gradient } = policyLoss(batch, all);
          const value = (x: number[]) => policyLoss({ ...batch, logprobs: x }, all).loss;
          expectSlopes(value, { logprobs, gradient });
        }),
        RUNS,
      );
    },
  );

  test.each(NAMES)('%s does not change when a masked column is added', (lossType) => {
    fc.assert(
      fc.property(randomPolicyBatch, (batch) => {
        const T = batch.sequenceLength;
        const wider = (values: number[], fill: number) =>
          batch.advantages.flatMap((_, row) => [...values.slice(row * T, (row + 1) * T), fill]);
        const padded = {
          ...batch,
          logprobs: wider(batch.logprobs, 0),
          oldLogprobs: wider(batch.oldLogprobs, -9),
          refLogprobs: wider(batch.refLogprobs, 0),
          rolloutLogprobs: wider(batch.rolloutLogprobs, -9),
          entropies: wider(batch.entropies, 0),
          klValues: wider(batch.klValues, 7),
          turns: wider(batch.turns, -1),
          completionMask: wider(batch.completionMask, 0),
          sequenceLength: T + 1,
        };
        const options = optionsOf(lossType);
        const [plain, wide] = [policyLoss(batch, options), policyLoss(padded, options)];
        expect(wide.loss).toBeCloseTo(plain.loss, 10);
        for (const [i, g] of wider(Array.from(plain.gradient), 0).entries())
          expect(wide.gradient[i]).toBeCloseTo(g, 10);
      }),
      RUNS,
    );
  });

  // Both choose tokens, among equals by their place.
  test.each(NAMES.filter((name) => name !== 'clip_cov' && name !== 'kl_cov'))(
    '%s does not depend on the order of the sequences',
    (lossType) => {
      fc.assert(
        fc.property(randomPolicyBatch, (batch) => {
          const T = batch.sequenceLength;
          const rows = batch.advantages.map((_, row) => row).reverse();
          const turned = (values: number[]) =>
            rows.flatMap((row) => values.slice(row * T, (row + 1) * T));
          const reversed = {
            logprobs: turned(batch.logprobs),
            oldLogprobs: turned(batch.oldLogprobs),
            refLogprobs: turned(batch.refLogprobs),
            rolloutLogprobs: turned(batch.rolloutLogprobs),
            klValues: turned(batch.klValues),
            turns: turned(batch.turns),
            completionMask: turned(batch.completionMask),
            advantages: batch.advantages.toReversed(),
            sequenceLength: T,
          };
          const options = optionsOf(lossType);
          const plain = policyLoss(batch, options);
          expect(policyLoss(reversed, options).loss).toBeCloseTo(plain.loss, 10);
        }),
        RUNS,
      );
    },
  );

  test.each(NAMES)('%s never reads masked tokens: NaN there changes nothing', (lossType) => {
    fc.assert(
      fc.property(randomPolicyBatch, (batch) => {
        const options = { ...optionsOf(lossType), topEntropyQuantile: 0.5 };
        const hide = (values: number[]) =>
          values.map((x, i) => (batch.completionMask[i] === 0 ? Number.NaN : x));
        const hidden = {
          ...batch,
          logprobs: hide(batch.logprobs),
          oldLogprobs: hide(batch.oldLogprobs),
          refLogprobs: hide(batch.refLogprobs),
          rolloutLogprobs: hide(batch.rolloutLogprobs),
          entropies: hide(batch.entropies),
          klValues: hide(batch.klValues),
        };
        const [plain, masked] = [policyLoss(batch, options), policyLoss(hidden, options)];
        expect(masked.loss).toBe(plain.loss);
        expect(masked.gradient).toEqual(plain.gradient);
        expect(masked.metrics).toEqual(plain.metrics);
      }),
      RUNS,
    );
  });

  test('on-policy, the loss is minus the mean advantage and the gradient is not 0', () => {
    const batch = {
      logprobs: [-1, -2],
      advantages: [1, -1],
      completionMask: [1, 1],
      sequenceLength: 1,
    };
    const { loss, gradient, ratio } = policyLoss(batch, { lossType: 'grpo' });
    expect(loss).toBe(0);
    expect([...gradient]).toEqual([-0.5, 0.5]);
    expect([...ratio]).toEqual([1, 1]);
  });

  test('one turn of all tokens is the sequence ratio, turns of one token are the token ratio', () => {
    fc.assert(
      fc.property(randomPolicyBatch, (batch) => {
        const clip = { epsilon: 0.2, dualClip: 3 };
        const size = batch.logprobs.length;
        const turns = new Array(size).fill(0);
        const whole = policyLoss({ ...batch, turns }, { lossType: 'rema', ...clip });
        const sequence = policyLoss(batch, {
          lossType: 'grpo',
          importanceSamplingLevel: 'sequence',
          reduction: 'seq-mean-token-mean',
          ...clip,
        });
        const single = policyLoss(
          { ...batch, turns: Array.from({ length: size }, (_, i) => i) },
          { lossType: 'rema', turnAggregation: 'turn', ...clip },
        );
        const token = policyLoss(batch, { lossType: 'bnpo', ...clip });
        const capped = batch.logprobs.some((x, i) => x - batch.oldLogprobs[i]! > 3);
        fc.pre(!capped); // ReMA caps the log ratio at 3
        expect(whole.loss).toBeCloseTo(sequence.loss, 10);
        expect(single.loss).toBeCloseTo(token.loss, 10);
        for (const [i, g] of sequence.gradient.entries())
          expect(whole.gradient[i]).toBeCloseTo(g, 10);
        for (const [i, g] of token.gradient.entries())
          expect(single.gradient[i]).toBeCloseTo(g, 10);
      }),
      RUNS,
    );
  });

  test('a reward on the last token gives GRPO with mean baseline', () => {
    const reward = fc.integer({ min: -16, max: 16 }).map((k) => k / 8); // sums of these are exact
    const fourRewards = fc.array(reward, { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(fourRewards, fc.integer({ min: 1, max: 5 }), (rewards, sequenceLength) => {
        const completionMask = new Array(4 * sequenceLength).fill(1);
        const tokenRewards = rewards.flatMap((r) => [...new Array(sequenceLength - 1).fill(0), r]);
        const perToken = rewardToGoAdvantages(
          { tokenRewards, completionMask, sequenceLength },
          { numGenerations: 4 },
        );
        const grouped = groupAdvantages(rewards, { numGenerations: 4, scaleRewards: 'none' });
        expect(perToken).toEqual(broadcastSequences(grouped, completionMask, { sequenceLength }));
      }),
    );
  });

  test('the exact KL has a gradient of its own', () => {
    const data = {
      logprobs: [-1, -2],
      klValues: [0.5, 0.25],
      advantages: [0],
      completionMask: [1, 1],
      sequenceLength: 2,
    };
    const options = { lossType: 'dapo', beta: 0.1, klEstimator: 'exact' } as const;
    const result = policyLoss(data, { ...options, useBiasCorrectionKl: false });
    expect(result.loss).toBeCloseTo(0.0375, 12);
    expect([...result.klGradient!]).toEqual([0.05, 0.05]);
    expect([...result.gradient]).toEqual([0, 0]);
  });

  test('your own function is a loss like the others', () => {
    const data = { logprobs: [-1], advantages: [2], completionMask: [1], sequenceLength: 1 };
    const double: typeof policyLosses.dapo = (d, o) => {
      const result = policyLosses.dapo(d, o);
      return { ...result, loss: 2 * result.loss };
    };
    expect(policyLoss(data, { lossType: double }).loss).toBe(-4);
  });

  test('an extreme ratio overflows into an error under trl and is clamped under verl', () => {
    const data = {
      logprobs: [-1],
      oldLogprobs: [-900],
      advantages: [-1],
      completionMask: [1],
      sequenceLength: 1,
    };
    expect(() => policyLoss(data, { lossType: 'dapo' })).toThrowErrorMatchingInlineSnapshot(
      `[GrpoError: dapoLoss: no finite loss (log ratio 899) at sequence 0, position 0. Mask it, or find its source.]`,
    );
    expect(policyLoss(data, { lossType: 'ppo' }).loss).toBe(3); // dual clip
  });

  test('an all-masked batch gives loss 0 and no gradient', () => {
    const data = { logprobs: [-1], advantages: [1], completionMask: [0], sequenceLength: 1 };
    for (const lossType of NAMES) {
      if (['rema', 'prime', 'ipo', 'ref_kl', 'gmpo'].includes(lossType)) continue; // need more, or count rows
      const { loss, gradient } = policyLoss({ ...data, refLogprobs: [-1] }, optionsOf(lossType));
      expect([loss, ...gradient]).toEqual([0, 0]);
    }
  });
});
