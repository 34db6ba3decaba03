import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { crossEntropy, divergence, logSoftmax } from './divergence.ts';
import type { DivergenceKind } from './rowTerms.ts';

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
          const near = z.map((x, v) => x + (v - 2) * 1e-9); // where rounding is all that is left
          for (const other of [z0, near])
            expect(divergence(z, other, { kind, temperature }).value).toBeGreaterThanOrEqual(0);
          const same = divergence(z, z, { kind, temperature });
          expect(Math.abs(same.value)).toBe(0);
          for (const g of same.gradient) expect(Math.abs(g)).toBe(0);
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

describe('jsd at its ends', () => {
  // TRL 1.16's GKDTrainer.generalized_jsd_loss of the same logits; sums over the vocabulary, gradient with respect to the student's.
  test.each([
    [0, 0.50228, 0.45257],
    [1, 0.85544, 0.75],
  ])('jsdBeta %d is the KL that GKD takes', (jsdBeta, value, slope) => {
    const term = divergence([0, 0], [3, 0], { kind: 'jsd', jsdBeta });
    expect(term.value).toBeCloseTo(value, 5);
    expect([...term.gradient]).toEqual([expect.closeTo(-slope, 5), expect.closeTo(slope, 5)]);
  });

  test('0 is forward and 1 is reverse, to the last bit', () => {
    fc.assert(
      fc.property(logits, logits, (z, z0) => {
        const jsd = (jsdBeta: number) => divergence(z, z0, { kind: 'jsd', jsdBeta });
        expect(jsd(0)).toEqual(divergence(z, z0, { kind: 'forward' }));
        expect(jsd(1)).toEqual(divergence(z, z0, { kind: 'reverse' }));
      }),
    );
  });
});

describe('what rows refuse', () => {
  const options = (more: object) => () => divergence([0, 0], [3, 0], more);

  test('names that are not known, with the nearest', () => {
    expect(options({ kind: 'revers' })).toThrow(
      "divergence: unknown kind 'revers'. Did you mean 'reverse'?",
    );
    expect(options({ jsd_beta: 1 })).toThrow("unknown option 'jsd_beta'. Did you mean 'jsdBeta'?");
    expect(() => crossEntropy([0, 0], 1, { temp: 1 } as object)).toThrow("'temperature'");
  });

  test.each([1.5, -0.1, Number.NaN, '0.5'])('jsdBeta %s', (jsdBeta) => {
    expect(options({ kind: 'jsd', jsdBeta })).toThrow(
      /jsdBeta must be a number >= 0 and <= 1, got/,
    );
  });

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, '1'])('temperature %s', (value) => {
    const temperature = value as number;
    const message = /temperature must be a number > 0, got/;
    expect(options({ temperature })).toThrow(message);
    expect(() => crossEntropy([0, 0], 1, { temperature })).toThrow(message);
    expect(() => logSoftmax([0, 0], temperature)).toThrow(message);
  });

  test('rows of different vocabularies, targets outside, and NaN, which it names', () => {
    expect(() => divergence([0, 0], [3, 0, 1])).toThrow('logits has 2 values, refLogits 3');
    for (const target of [2, -1, 0.5, Number.NaN]) {
      expect(() => crossEntropy([0, 0], target)).toThrow(`and <= 1, got ${target}`);
    }
    expect(() => divergence([0, 0], [3, Number.NaN])).toThrow('refLogits of token id 1 is NaN');
    expect(() => logSoftmax([])).toThrow('gives no token any mass');
    expect(() => logSoftmax([-1 / 0, -1 / 0])).toThrow('gives no token any mass');
  });

  test('null and undefined leave the defaults alone', () => {
    const empty = { kind: undefined, temperature: null as unknown as undefined };
    expect(divergence([0, 0], [3, 0], empty)).toEqual(divergence([0, 0], [3, 0]));
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
