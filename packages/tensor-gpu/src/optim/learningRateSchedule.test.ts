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
    for (let t = 0; t < updates; t++) {
      const decay = 1 - (0.9 * Math.max(0, t / updates - 0.6)) / 0.4;
      expect(ratio(t)).toBeCloseTo(Math.min(1, (t + 1) / warmupSteps) * decay, 12);
    }
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
