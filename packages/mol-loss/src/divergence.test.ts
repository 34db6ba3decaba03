import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { crossEntropy, type DivergenceKind, divergence } from './divergence.ts';

const KINDS: DivergenceKind[] = ['reverse', 'forward', 'jsd'];
const logits = fc.array(fc.double({ min: -30, max: 30, noNaN: true }), {
  minLength: 6,
  maxLength: 6,
});

/** Central difference of f in every coordinate of z. */
function slopes(f: (z: number[]) => number, z: number[]): number[] {
  return z.map((_, v) => {
    const at = (step: number) => f(z.map((x, u) => (u === v ? x + step : x)));
    return (at(1e-5) - at(-1e-5)) / 2e-5;
  });
}

describe('divergence', () => {
  test.each(KINDS)('%s is never negative, and exactly 0 with gradient 0 between equals', (kind) => {
    fc.assert(
      fc.property(
        logits,
        logits,
        fc.double({ min: 0.5, max: 3, noNaN: true }),
        (z, z0, temperature) => {
          expect(divergence(z, z0, { kind, temperature }).value).toBeGreaterThanOrEqual(-1e-12);
          const same = divergence(z, z, { kind, temperature });
          expect(Math.abs(same.value)).toBeLessThan(1e-12);
          for (const g of same.gradient) expect(Math.abs(g)).toBeLessThan(1e-12);
        },
      ),
    );
  });

  test.each(KINDS)('%s does not change when a constant is added to either logits', (kind) => {
    fc.assert(
      fc.property(logits, logits, fc.integer({ min: -64, max: 64 }), (z, z0, shift) => {
        const shifted = divergence(
          z.map((x) => x + shift),
          z0.map((x) => x - shift),
          { kind },
        );
        const plain = divergence(z, z0, { kind });
        expect(Math.abs(shifted.value - plain.value)).toBeLessThan(1e-9 * Math.max(1, plain.value));
      }),
    );
  });

  test.each(KINDS)('the gradient of %s is that of its value', (kind) => {
    fc.assert(
      fc.property(logits, logits, (z, z0) => {
        const options = { kind, temperature: 1.5 };
        const expected = slopes((x) => divergence(x, z0, options).value, z);
        for (const [v, g] of divergence(z, z0, options).gradient.entries()) {
          expect(Math.abs(g - expected[v]!)).toBeLessThan(1e-6);
        }
      }),
      { numRuns: 40 },
    );
  });

  test('the base cannot emit what the student can: infinite, except for jsd', () => {
    const [z, z0] = [
      [0, 0],
      [0, Number.NEGATIVE_INFINITY],
    ];
    expect(divergence(z, z0).value).toBe(Number.POSITIVE_INFINITY);
    expect(divergence(z, z0, { kind: 'jsd' }).value).toBeLessThan(1);
  });
});

describe('crossEntropy', () => {
  test('the gradient is that of the value', () => {
    fc.assert(
      fc.property(logits, fc.nat(5), (z, target) => {
        const expected = slopes((x) => crossEntropy(x, target, { temperature: 0.8 }).value, z);
        for (const [v, g] of crossEntropy(z, target, { temperature: 0.8 }).gradient.entries()) {
          expect(Math.abs(g - expected[v]!)).toBeLessThan(1e-6);
        }
      }),
      { numRuns: 40 },
    );
  });
});
