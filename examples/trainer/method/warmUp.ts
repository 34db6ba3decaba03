import { learningRateSchedule } from '@molrl/tensor-gpu';

/** Multiplier of the rate where nobody gives a schedule: 3 steps of warm-up, then constant. */
export const warmUp = (updates: number): ((step: number) => number) =>
  learningRateSchedule({ type: 'constant', warmupSteps: 3, totalSteps: updates });
