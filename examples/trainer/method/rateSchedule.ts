import { plateaus } from './plateaus.ts';

/** Courses of the learning rate, by Hugging Face's names; the last is ours. */
export const SCHEDULES = [
  'constant',
  'constant_with_warmup',
  'linear',
  'cosine',
  'cosine_with_restarts',
  'cosine_with_min_lr',
  'polynomial',
  'inverse_sqrt',
  'warmup_stable_decay',
  'reduce_lr_on_plateau',
  'constant_then_linear',
] as const;

export interface RateScheduleOptions {
  lrSchedulerType: (typeof SCHEDULES)[number];
  warmupSteps: number;
  /** Share of the updates that warm up; wins over `warmupSteps`. */
  warmupRatio?: number | undefined;
  /** Lowest multiplier of `cosine_with_min_lr`, `polynomial`, `warmup_stable_decay`, `constant_then_linear`. Default 0; `polynomial` 1e-7, Hugging Face's `lr_end`. */
  minLrRate?: number | undefined;
  /** Waves of `cosine_with_restarts`. Default 1. */
  numCycles?: number | undefined;
  /** Exponent of `polynomial`. Default 1. */
  power?: number | undefined;
  /** Last updates of `warmup_stable_decay`, which fall to `minLrRate` by a cosine, and of `constant_then_linear`. Default a tenth of all. */
  decaySteps?: number | undefined;
  /** Share of the updates that fall so; wins over `decaySteps`. */
  decayRatio?: number | undefined;
}

/** The part of the run after the warm-up, as a schedule sees it. */
interface After {
  /** Updates since the warm-up. */
  t: number;
  /** Updates after the warm-up. */
  length: number;
  warmup: number;
  options: RateScheduleOptions;
  /** Metrics of the evaluations so far, higher is better. */
  scores: () => readonly number[];
}

const cosine = (progress: number): number => (1 + Math.cos(Math.PI * progress)) / 2;
const between = (low: number, share: number): number => low + (1 - low) * share;

/** Multipliers after the warm-up, those of `transformers.optimization`. */
const COURSES: Record<RateScheduleOptions['lrSchedulerType'], (after: After) => number> = {
  constant: () => 1,
  constant_with_warmup: () => 1,
  linear: ({ t, length }) => Math.max(0, 1 - t / length),
  cosine: ({ t, length }) => Math.max(0, cosine(t / length)),
  cosine_with_restarts: ({ t, length, options: { numCycles = 1 } }) =>
    t >= length ? 0 : cosine(((numCycles * t) / length) % 1),
  cosine_with_min_lr: ({ t, length, options: { minLrRate = 0 } }) =>
    between(minLrRate, cosine(t / length)),
  polynomial: ({ t, length, options: { minLrRate = 1e-7, power = 1 } }) =>
    between(minLrRate, Math.max(0, 1 - t / length) ** power),
  inverse_sqrt: ({ t, warmup }) => 1 / Math.sqrt(1 + t / (warmup || 10_000)),
  warmup_stable_decay: ({ t, length, warmup, options }) => {
    const decaySteps = Math.ceil(decayOf(options, length + warmup));
    const decayed = (t - (length - decaySteps)) / Math.max(1, decaySteps);
    return between(options.minLrRate ?? 0, cosine(Math.min(1, Math.max(0, decayed))));
  },
  reduce_lr_on_plateau: ({ scores }) =>
    0.1 ** plateaus(scores(), { patience: 10, threshold: 1e-4 }),
  constant_then_linear: ({ t, length, warmup, options }) => {
    const total = length + warmup;
    const from = 1 - (options.decayRatio ?? decayOf(options, total) / total);
    const decayed = ((t + warmup) / total - from) / (1 - from);
    return 1 - (1 - (options.minLrRate ?? 0)) * Math.min(1, Math.max(0, decayed));
  },
};

/** Updates in which a rate falls that was constant before. */
const decayOf = ({ decaySteps, decayRatio }: RateScheduleOptions, total: number): number =>
  decayRatio === undefined ? (decaySteps ?? Math.ceil(total / 10)) : decayRatio * total;

/**
 * Multiplier of the learning rate at each step, from 0.
 *
 *     warm-up     (t + 1) / warmup         up to 1 (`warmup_stable_decay`: from minLrRate), then the course of the name
 *
 * Its first step has rate 1 / warmup, where Hugging Face's has 0 and trains nothing; from the end of the warm-up on the two agree.
 *
 * @param scores - For `reduce_lr_on_plateau`: what the evaluations so far measured, higher is better.
 */
export function rateSchedule(
  options: RateScheduleOptions,
  total: number,
  scores: () => readonly number[] = () => [],
): (step: number) => number {
  const { lrSchedulerType, warmupSteps, warmupRatio } = options;
  const asked = warmupRatio === undefined ? warmupSteps : Math.ceil(total * warmupRatio);
  const warmup = ['constant', 'reduce_lr_on_plateau'].includes(lrSchedulerType) ? 0 : asked;
  const length = Math.max(1, total - warmup);
  const low = lrSchedulerType === 'warmup_stable_decay' ? (options.minLrRate ?? 0) : 0;
  return (step) =>
    step < warmup
      ? between(low, (step + 1) / warmup)
      : COURSES[lrSchedulerType]({ t: step - warmup, length, warmup, options, scores });
}
