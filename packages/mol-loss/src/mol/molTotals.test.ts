import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { molLoss } from './molLoss.ts';
import { molTotals } from './molTotals.ts';
import { type MolWeightsOptions, molWeights, type Normalizer } from './molWeights.ts';
import type { Role } from './roles.ts';

const NORMALIZERS: Normalizer[] = ['sequence', 'token', 'sequence-joint', 'token-joint'];
const ROWS = 6;
const LENGTH = 3;
const tokens = <T>(value: fc.Arbitrary<T>) =>
  fc.array(value, { minLength: ROWS * LENGTH, maxLength: ROWS * LENGTH });

/** Six sequences of three tokens; whole rows may be without any role. */
const batch = fc.record({
  roles: tokens(fc.constantFrom<Role>('ignore', 'ignore', 'environment', 'assistant', 'general')),
  logprobs: tokens(fc.double({ min: -8, max: 0, noNaN: true })),
  kl: tokens(fc.double({ min: 0, max: 4, noNaN: true })),
  tokenWeights: tokens(fc.constantFrom(0, 0.5, 1, 0.3)),
  sequenceLength: fc.constant(LENGTH),
});
const own = fc.constantFrom<Normalizer>('sequence', 'token', 'token-joint');
const normalizer = fc.oneof(
  fc.constantFrom(...NORMALIZERS),
  fc.record({ environment: own, assistant: own, general: own }),
);

/** Where the rows are cut, 2 + 1 + 3 for instance. */
const cuts = fc.subarray([1, 2, 3, 4, 5]);

describe('molTotals', () => {
  test('with them loss and gradients of the parts are those of the whole', () => {
    fc.assert(
      fc.property(
        batch,
        normalizer,
        fc.constantFrom<'count' | 'weight'>('count', 'weight'),
        cuts,
        (data, normalizer, denominator, inner) => {
          const options: MolWeightsOptions = {
            alpha: { assistant: 0.3, general: 2 },
            normalizer,
            denominator,
          };
          const edges = [0, ...inner, ROWS];
          const parts = edges.slice(1).map((end, k) => {
            const cut = <T>(values: T[]) => values.slice(edges[k]! * LENGTH, end * LENGTH);
            return {
              roles: cut(data.roles),
              logprobs: cut(data.logprobs),
              kl: cut(data.kl),
              tokenWeights: cut(data.tokenWeights),
              sequenceLength: LENGTH,
            };
          });
          const whole = molLoss(data, options);
          const totals = molTotals(parts, options);
          const results = parts.map((part) => molLoss(part, { ...options, totals }));
          const loss = results.reduce((sum, part) => sum + part.loss, 0);
          expect(Math.abs(loss - whole.loss)).toBeLessThan(1e-9);
          for (const key of ['logprobGradient', 'klGradient'] as const) {
            const joined = results.flatMap((part) => Array.from(part[key]));
            for (const [i, slope] of joined.entries())
              expect(Math.abs(slope - whole[key][i]!)).toBeLessThan(1e-9);
          }
        },
      ),
    );
  });

  test('of the whole batch are what the whole call divides by, and `sizes` has them', () => {
    const data = {
      roles: ['environment', 'assistant', 'general', 'general'] as Role[],
      sequenceIds: [0, 0, 0, 1],
      tokenWeights: [1, 0.5, 0.5, 1],
    };
    const { sizes } = molWeights(data, { alpha: 1 });
    expect(sizes.joint).toEqual({ tokens: 4, sequences: 2, weight: 3 });
    expect(sizes.general).toEqual({ tokens: 2, sequences: 2, weight: 1.5 });
    const totals = (options: object) => molTotals([data], options);
    expect(totals({ normalizer: 'token-joint', denominator: 'weight' })).toEqual({ joint: 3 });
    expect(totals({ normalizer: 'sequence-joint' })).toEqual({ joint: 2 });
    expect(totals({ normalizer: 'token', denominator: 'weight' })).toEqual({
      environment: 1,
      assistant: 0.5,
      general: 1.5,
    });
  });

  test('of workers add up name by name', () => {
    const parts = [
      { roles: ['environment', 'general'] as Role[] },
      { roles: ['general'] as Role[] },
    ];
    const [a, b] = parts.map((part) => molTotals([part], { normalizer: 'token' }));
    const both = molTotals(parts, { normalizer: 'token' });
    expect(both).toEqual({ environment: 1, assistant: 0, general: a!.general! + b!.general! });
  });

  test('two joint normalisers have no common total', () => {
    const normalizer = {
      environment: 'token-joint',
      assistant: 'sequence-joint',
      general: 'token',
    } as const;
    expect(() => molTotals([], { normalizer })).toThrowErrorMatchingInlineSnapshot(
      `[MolLossError: molTotals: normalizer has both 'sequence-joint' and 'token-joint', whose totals differ. Use one of them.]`,
    );
  });
});

describe('totals', () => {
  const data = { roles: ['environment', 'general'] as Role[] };
  const run = (totals: object) => () => molWeights(data, { alpha: 1, totals });

  test.each([Number.NaN, 0, -2, Number.POSITIVE_INFINITY, '4'])('%s is refused', (environment) => {
    expect(run({ environment, general: 1 })).toThrow(/molWeights: totals.environment must be/);
  });

  test('a component that is here must be in the totals', () => {
    expect(run({ environment: 1 })).toThrowErrorMatchingInlineSnapshot(
      `[MolLossError: molWeights: totals has no general, of which this call has 1. molTotals gives all that is needed.]`,
    );
    expect(run({ enviroment: 1, general: 1 })).toThrow("Did you mean 'environment'?");
  });
});
