import { count, named, oneOf, positive } from '../settingTypes.ts';

/** The course of the step size, as every training stage has it. */
export const rates = {
  learningRate: named(positive(1), 'Step size of AdamW at its highest.', {
    trl: 'learning_rate',
    verl: 'optim.lr',
    primeRl: 'optim.lr',
  }),
  lrSchedulerType: named(
    oneOf(['constant', 'constant_with_warmup', 'linear', 'cosine']),
    "Course of the rate after the warm-up, by Hugging Face's names.",
    { trl: 'lr_scheduler_type', verl: 'optim.warmup_style', primeRl: 'scheduler.type' },
  ),
  warmupSteps: named(count(0, 100_000), 'Updates over which the rate rises from 0.', {
    trl: 'warmup_steps',
    verl: 'optim.lr_warmup_steps',
    primeRl: 'scheduler.warmup_steps',
  }),
  maxGradNorm: named(positive(1e6), 'Longer gradients are shortened to this.', {
    trl: 'max_grad_norm',
    verl: 'optim.clip_grad',
    primeRl: 'optim.max_norm',
  }),
};
