import { SCHEDULES } from '../../method/rateSchedule.ts';
import { count, named, oneOf, positive, within } from '../settingTypes.ts';

/** The course of the step size, as every training stage has it. */
/** Of `maxGradNorm`: as good as none. */
export const NO_GRAD_LIMIT = 1e6;

export const rates = {
  learningRate: named(positive(1), 'Step size at its highest.', {
    trl: 'learning_rate',
    verl: 'optim.lr',
    primeRl: 'optim.lr',
  }),
  lrSchedulerType: named(
    oneOf(SCHEDULES),
    "Course of the rate after the warm-up, by Hugging Face's names; 'constant_then_linear' is ours.",
    { trl: 'lr_scheduler_type', verl: 'optim.warmup_style', primeRl: 'scheduler.type' },
  ),
  warmupSteps: named(count(0, 100_000), 'Updates over which the rate rises from 0.', {
    trl: 'warmup_steps',
    verl: 'optim.lr_warmup_steps',
    primeRl: 'scheduler.warmup_steps',
  }),
  warmupRatio: named(
    within(0, 1).optional(),
    'Share of the updates over which the rate rises; wins over warmupSteps.',
    { trl: 'warmup_ratio', verl: 'optim.lr_warmup_steps_ratio' },
  ),
  minLrRate: named(
    within(0, 1).optional(),
    "Share of the rate that stays at the end, of 'cosine_with_min_lr', 'polynomial', 'warmup_stable_decay' and 'constant_then_linear'.",
    {
      trl: 'lr_scheduler_kwargs.min_lr_rate',
      verl: 'optim.min_lr_ratio',
      primeRl: 'scheduler.min_lr',
    },
  ),
  numCycles: named(count(1, 10_000).optional(), "Waves of 'cosine_with_restarts'. Default: 1.", {
    trl: 'lr_scheduler_kwargs.num_cycles',
    verl: 'optim.num_cycles',
  }),
  power: named(positive(100).optional(), "Exponent of 'polynomial'. Default: 1.", {
    trl: 'lr_scheduler_kwargs.power',
  }),
  decaySteps: named(
    count(1, 100_000).optional(),
    "Last updates in which 'warmup_stable_decay' and 'constant_then_linear' fall. Default: a tenth of all.",
    { trl: 'lr_scheduler_kwargs.num_decay_steps', primeRl: 'scheduler.decay_steps' },
  ),
  decayRatio: named(
    within(0.001, 1).optional(),
    'Share of the updates in which they fall; wins over decaySteps.',
  ),
  maxGradNorm: named(positive(NO_GRAD_LIMIT), 'Longer gradients are shortened to this.', {
    trl: 'max_grad_norm',
    verl: 'optim.clip_grad',
    primeRl: 'optim.max_norm',
  }),
};
