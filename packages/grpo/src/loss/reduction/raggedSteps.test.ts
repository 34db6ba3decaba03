import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PolicyLossData } from '../../base/policyLossData.ts';
import { REDUCTIONS } from '../../base/reduction.ts';
import { importanceRatios } from '../../ratio/sequenceRatio.ts';
import { type PolicyLossCall, policyLoss } from '../policyLoss.ts';
import type { PolicyLossName } from '../policyLosses.ts';
import { policyLosses } from '../policyLosses.ts';
import { stepTotals } from './stepTotals.ts';

/** A completion of its own length; NaN stands wherever a batch pads it. */
interface Row {
  advantage: number;
  tokens: { keep: number; values: number[]; turn: number }[];
}

const FIELDS = ['logprobs', 'oldLogprobs', 'refLogprobs', 'rolloutLogprobs'] as const;
const POSITIVE = ['entropies', 'klValues', 'tokenWeights'] as const;
const value = fc.integer({ min: 1, max: 200 }).map((k) => (k + 0.123) / 64);
const row: fc.Arbitrary<Row> = fc.record({
  advantage: fc.integer({ min: -99, max: 99 }).map((k) => (k + 0.123) / 64),
  tokens: fc.array(
    fc.record({
      keep: fc.integer({ min: 0, max: 1 }),
      values: fc.array(value, { minLength: 7, maxLength: 7 }),
      turn: fc.integer({ min: 0, max: 2 }),
    }),
    { minLength: 1, maxLength: 4 },
  ),
});

/** Rows as a batch, padded to their longest and `more`. */
function batchOf(rows: Row[], more: number, without: readonly string[]): PolicyLossData {
  const sequenceLength = Math.max(...rows.map(({ tokens }) => tokens.length)) + more;
  const spread = <T>(of: (token: Row['tokens'][number]) => T, padding: T) =>
    rows.flatMap(({ tokens }) =>
      Array.from({ length: sequenceLength }, (_, t) => (tokens[t] ? of(tokens[t]) : padding)),
    );
  const columns = [
    ...FIELDS.map((name, k) => [name, spread(({ values }) => -values[k]!, Number.NaN)]),
    ...POSITIVE.map((name, k) => [name, spread(({ values }) => values[k + 4]!, Number.NaN)]),
  ].filter(([name]) => !without.includes(name as string));
  return {
    ...Object.fromEntries(columns),
    completionMask: spread(({ keep }) => keep, 0),
    turns: spread(({ turn }) => turn, -1),
    advantages: rows.map(({ advantage }) => advantage),
    sequenceLength,
  };
}

/** `bnpo` and the losses by covariance are of their call, by definition. */
const NAMES = (Object.keys(policyLosses) as PolicyLossName[]).filter(
  (name) => !['bnpo', 'kl_cov', 'clip_cov'].includes(name),
);

test.each(NAMES)(
  '%s: micro-batches of any length add up, at every level and weight',
  (lossType) => {
    const perToken = lossType !== 'gmpo' && lossType !== 'rema';
    const calls = fc.record({
      reduction: fc.constantFrom(undefined, ...(perToken ? REDUCTIONS : [])),
      importanceSamplingLevel: fc.constantFrom(
        undefined,
        ...(perToken ? Object.keys(importanceRatios) : []),
      ),
      logRatioClamp: fc.constantFrom(undefined, 0.5),
      convention: fc.constantFrom(undefined, 'trl', 'verl', 'skyrl'),
      entropyCoef: fc.constantFrom(undefined, 0.1),
      offPolicyMaskThreshold: fc.constantFrom(undefined, 0.1),
      beta: fc.constantFrom(undefined, ...(lossType === 'rema' ? [] : [0.2])),
    });
    fc.assert(
      fc.property(
        fc.array(fc.array(row, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 }),
        calls,
        fc.boolean(),
        (parts, options, weighed) => {
          const without = perToken && weighed ? [] : ['tokenWeights'];
          const call = { lossType, maxCompletionLength: perToken ? 7 : undefined, ...options };
          const run = (data: PolicyLossData, totals: object) =>
            policyLoss(data, { ...call, ...totals } as PolicyLossCall); // checked at run time
          const whole = run(batchOf(parts.flat(), 1, without), {});
          const micro = parts.map((rows, k) => batchOf(rows, k % 2, without));
          const totals = stepTotals(micro);
          const sum = micro.map((data) => run(data, totals).loss).reduce((a, b) => a + b, 0);
          expect(Math.abs(sum - whole.loss)).toBeLessThan(1e-9 * Math.max(1, Math.abs(whole.loss)));
          const slopes = micro.flatMap((data) => [...run(data, totals).gradient].filter(Boolean));
          const expected = [...whole.gradient].filter(Boolean);
          expect(slopes.length).toBe(expected.length);
          const gaps = slopes.map((slope, i) => Math.abs(slope - expected[i]!));
          expect(Math.max(0, ...gaps)).toBeLessThan(1e-9);
        },
      ),
    );
  },
);
