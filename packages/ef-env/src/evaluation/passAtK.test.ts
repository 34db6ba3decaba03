import fc from 'fast-check';
import { expect, test } from 'vitest';
import { passAtK } from './passAtK.ts';

test('pass@k rises with k and c', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 40 }), fc.nat(40), fc.nat(40), (n, a, b) => {
      const [c, k] = [a % n, 1 + (b % (n - 1))];
      expect(passAtK(n, c + 1, k)).toBeGreaterThanOrEqual(passAtK(n, c, k));
      expect(passAtK(n, c, k + 1)).toBeGreaterThanOrEqual(passAtK(n, c, k) - 1e-12);
    }),
  );
  expect(() => passAtK(4, 5, 1)).toThrowErrorMatchingInlineSnapshot(
    `[EfEnvError: passAtK: needs whole numbers 0 <= c <= n and 1 <= k <= n, got n 4, c 5, k 1.]`,
  );
});
