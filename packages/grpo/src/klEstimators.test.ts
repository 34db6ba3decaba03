import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { klEstimators } from './klEstimators.ts';

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

  test('a name with + has the value of the one and the gradient of k2', () => {
    const [plus, k3, k2] = [klEstimators['k3+'], klEstimators.k3, klEstimators.k2];
    expect(plus(-1, -3)).toEqual({ value: k3(-1, -3).value, gradient: k2(-1, -3).gradient });
  });
});
