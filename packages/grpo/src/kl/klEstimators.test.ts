import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { boundedK3, klEstimators, VERL_KL_BOUNDS } from './klEstimators.ts';

const logprob = fc.double({ min: -20, max: 0, noNaN: true });

describe('klEstimators', () => {
  test('k2, k3 and abs are never negative and 0 when nothing moved', () => {
    fc.assert(
      fc.property(logprob, logprob, (a, b) => {
        for (const name of ['k2', 'k3', 'abs'] as const) {
          expect(klEstimators[name](a, b).value).toBeGreaterThanOrEqual(-1e-15);
          const { value, gradient } = klEstimators[name](a, a);
          expect([value, Math.abs(gradient)]).toEqual([0, 0]);
        }
      }),
    );
  });

  test.each([
    ['k1', klEstimators.k1],
    ['k2', klEstimators.k2],
    ['k3', klEstimators.k3],
    ['abs', klEstimators.abs],
    ["verl's k3", boundedK3(VERL_KL_BOUNDS)],
  ] as const)('the gradient of %s is that of its value', (_, estimate) => {
    fc.assert(
      fc.property(logprob, logprob, (a, b) => {
        fc.pre(Math.abs(a - b) > 1e-3 && Math.abs(estimate(a, b).value - 10) > 1e-2); // kinks
        const slope = (estimate(a + 1e-6, b).value - estimate(a - 1e-6, b).value) / 2e-6;
        const { gradient } = estimate(a, b);
        expect(Math.abs(gradient - slope)).toBeLessThan(1e-4 * Math.max(1, Math.abs(slope)));
      }),
    );
  });

  test('boundedK3 stays within its bounds, without a gradient outside', () => {
    expect(boundedK3(VERL_KL_BOUNDS)(-30, -1)).toEqual({ value: 10, gradient: 0 });
    const far = boundedK3({ ratio: 2, value: 100 })(-1, -9); // held at a log ratio of -2
    expect(far.value).toBeCloseTo(Math.exp(-2) + 2 - 1, 12);
    expect(far.gradient).toBe(0);
  });

  test('a name with + has the value of the one and the gradient of k2', () => {
    const [plus, k3, k2] = [klEstimators['k3+'], klEstimators.k3, klEstimators.k2];
    expect(plus(-1, -3)).toEqual({ value: k3(-1, -3).value, gradient: k2(-1, -3).gradient });
  });
});
