import { describe, expect, test } from 'vitest';
import { learningRateSchedule } from './learningRateSchedule.ts';

describe('learningRateSchedule', () => {
  test('equals the recipe: warm-up, constant to 60 %, linear to 10 %', () => {
    const updates = 500;
    const warmupSteps = 20;
    const ratio = learningRateSchedule({
      type: 'linear',
      warmupSteps,
      totalSteps: updates,
      decayFrom: 0.6,
      minRatio: 0.1,
    });
    // worked out by hand: 1/20 a step up, then 0.9 over 200 steps down
    const expected = { 0: 0.05, 9: 0.5, 18: 0.95, 19: 1, 150: 1, 300: 1, 301: 0.9955, 400: 0.55 };
    for (const [t, value] of Object.entries({ ...expected, 450: 0.325, 499: 0.1045 }))
      expect(ratio(Number(t))).toBeCloseTo(value, 12);
    expect(ratio(updates)).toBeCloseTo(0.1, 12);
    expect(ratio(10 * updates)).toBeCloseTo(0.1, 12);
  });

  test('constant stays at 1 after the warm-up', () => {
    const ratio = learningRateSchedule({ type: 'constant', warmupSteps: 4, totalSteps: 10 });
    expect([0, 1, 2, 3, 4, 9, 100].map(ratio)).toEqual([0.25, 0.5, 0.75, 1, 1, 1, 1]);
  });

  test('without decayFrom the decay starts at the end of the warm-up', () => {
    const ratio = learningRateSchedule({ type: 'linear', warmupSteps: 5, totalSteps: 10 });
    expect(ratio(5)).toBe(1);
    expect(ratio(6)).toBeCloseTo(0.8, 12);
    expect(ratio(10)).toBe(0);
  });

  test.each([
    { type: 'linear', warmupSteps: -1, totalSteps: 10 },
    { type: 'linear', warmupSteps: 0, totalSteps: 0 },
    { type: 'linear', warmupSteps: 0, totalSteps: 10, decayFrom: 1 },
    { type: 'linear', warmupSteps: 0, totalSteps: 10, minRatio: 2 },
  ] as const)('throws `option` for %o', (options) => {
    expect(() => learningRateSchedule(options)).toThrowErrorMatchingSnapshot();
  });
});
