// One file for the two controllers: their state lives in checkpoints.
import { describe, expect, test } from 'vitest';
import { adaptiveEntropyCoef, appliedEntropyCoef } from './adaptiveEntropyCoef.ts';
import { adaptiveKlCoef } from './adaptiveKlCoef.ts';

describe('entropy controller', () => {
  test('its state survives JSON: before the first step there is no bonus', () => {
    const start = { coef: 0.1, lastEntropy: null };
    expect(appliedEntropyCoef(JSON.parse(JSON.stringify(start)))).toBe(0);
    const old = { coef: 0.1, lastEntropy: Number.POSITIVE_INFINITY };
    expect(appliedEntropyCoef(old)).toBe(appliedEntropyCoef(JSON.parse(JSON.stringify(old))));
    const next = adaptiveEntropyCoef(start, 0.1);
    expect(next).toEqual({ coef: expect.closeTo(0.105, 12), lastEntropy: 0.1 });
    expect(appliedEntropyCoef(JSON.parse(JSON.stringify(next)))).toBeCloseTo(0.105, 12);
  });

  test('NaN does not lower the coefficient in silence', () => {
    const control = { coef: 0.1, lastEntropy: 0.3 };
    for (const entropy of [Number.NaN, -1, undefined, '0.1'])
      expect(() => adaptiveEntropyCoef(control, entropy as number)).toThrow('entropy must be');
    expect(() => adaptiveEntropyCoef({ coef: Number.NaN, lastEntropy: 1 }, 1)).toThrow(
      'coef must be',
    );
    expect(() => adaptiveEntropyCoef(control, 1, { min: 1, max: 0 })).toThrow(
      'min 1 is above max 0',
    );
    expect(() => appliedEntropyCoef({ coef: 1 } as never)).toThrow('needs lastEntropy');
  });
});

describe('adaptiveKlCoef', () => {
  const options = { target: 0.1, horizon: 100, steps: 10 };

  test('refuses what would give NaN or a negative coefficient', () => {
    expect(() => adaptiveKlCoef(0.2, Number.NaN, options)).toThrow('kl must be a finite number');
    expect(() => adaptiveKlCoef(Number.NaN, 0.1, options)).toThrow('coef must be');
    expect(() => adaptiveKlCoef(0.2, 0.1, { ...options, target: 0 })).toThrow('target must be');
    expect(() => adaptiveKlCoef(0.2, 0.1, { ...options, steps: 501 })).toThrow('turn negative');
    expect(() => adaptiveKlCoef(0.2, 0.1, undefined as never)).toThrow('needs target');
  });
});
