import { learningRateSchedule } from '@molrl/tensor-gpu';
import { describe, expect, test } from 'vitest';
import golden from '../fixtures/rateSchedules.json' with { type: 'json' };
import { type RateScheduleOptions, rateSchedule } from './rateSchedule.ts';

const { total, warmupSteps } = golden;
type Name = RateScheduleOptions['lrSchedulerType'];

describe('rateSchedule', () => {
  test.each(golden.schedules)(
    "$name equals transformers', its warm-up one step earlier",
    ({ name, options, rates }) => {
      const lrSchedulerType = name as Name;
      const rate = rateSchedule({ lrSchedulerType, warmupSteps, ...options }, total);
      const warm = name === 'constant' ? 0 : warmupSteps;
      for (const [step, expected] of rates.entries())
        expect(rate(step), `${step}`).toBeCloseTo(step < warm ? rates[step + 1]! : expected, 12);
    },
  );

  test("reduce_lr_on_plateau equals torch's", () => {
    const { scores, rates } = golden.plateau;
    const seen: number[] = [];
    const options = { lrSchedulerType: 'reduce_lr_on_plateau', warmupSteps: 4 } as const;
    const rate = rateSchedule(options, 100, () => seen);
    for (const [i, score] of scores.entries()) {
      seen.push(score);
      expect(rate(i)).toBeCloseTo(rates[i]!, 12);
    }
  });

  test('warmupRatio wins over warmupSteps and is rounded up, as there', () => {
    const options = { lrSchedulerType: 'linear', warmupSteps: 9, warmupRatio: 0.11 } as const;
    expect(rateSchedule(options, 20)(0)).toBeCloseTo(1 / 3, 12);
  });

  test("constant_then_linear is tensor-gpu's linear schedule with a constant part, bit for bit", () => {
    const shared = {
      lrSchedulerType: 'constant_then_linear',
      warmupSteps: 5,
      minLrRate: 0.1,
    } as const;
    for (const totalSteps of [50, 100, 120]) {
      const expected = learningRateSchedule({
        ...{ type: 'linear', warmupSteps: 5, totalSteps, decayFrom: 0.6, minRatio: 0.1 },
      });
      const rate = rateSchedule({ ...shared, decayRatio: 0.4 }, totalSteps);
      for (let step = 0; step < totalSteps; step++) expect(rate(step)).toBe(expected(step));
    }
    const last = rateSchedule({ ...shared, decaySteps: 2 }, 10);
    expect([7, 8, 9].map(last)).toEqual([1, 1, expect.closeTo(0.55, 12)]);
  });
});
