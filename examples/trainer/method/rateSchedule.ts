import type { TrainerSettings } from '../config/schema.ts';

/**
 * Multiplier of the learning rate at each step, from 0, by Hugging Face's names.
 *
 *     warm-up     (t + 1) / warmupSteps                        up to 1
 *     linear      (total - t) / (total - warmup)               after it
 *     cosine      (1 + cos(pi (t - warmup) / (total - warmup))) / 2
 *
 * Its first step has rate 1 / warmupSteps, where Hugging Face's has 0 and trains nothing.
 */
export function rateSchedule(
  {
    lrSchedulerType,
    warmupSteps,
  }: Pick<TrainerSettings['grpo'], 'lrSchedulerType' | 'warmupSteps'>,
  total: number,
): (step: number) => number {
  const warm = (step: number): number =>
    lrSchedulerType === 'constant' ? 1 : Math.min(1, (step + 1) / Math.max(1, warmupSteps));
  const after = (step: number): number =>
    Math.max(0, step - warmupSteps) / Math.max(1, total - warmupSteps);
  switch (lrSchedulerType) {
    case 'linear':
      return (step) => warm(step) * (1 - after(step));
    case 'cosine':
      return (step) => (warm(step) * (1 + Math.cos(Math.PI * after(step)))) / 2;
    default:
      return warm;
  }
}
