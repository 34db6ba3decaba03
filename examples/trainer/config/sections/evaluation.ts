import { z } from 'zod';
import { count, named, within } from '../settingTypes.ts';

/** Held-out tasks and text. */
export const evaluation = z.strictObject({
  tasks: named(count(1, 100_000), 'Held-out tasks.'),
  temperature: named(within(0, 10), 'Of the sampled accuracy; greedy is always measured too.'),
  onStart: named(
    z.boolean('must be true or false'),
    'Also before the first stage, where `eval` is one of the stages: what the run began with.',
    { trl: 'eval_on_start', verl: 'trainer.val_before_train', primeRl: 'eval.eval_base_model' },
  ),
  everySteps: named(
    count(1, 100_000).optional(),
    'Also after so many updates of each stage. Default: at the start, and as a stage.',
    { trl: 'eval_steps', verl: 'trainer.test_freq', primeRl: 'eval.interval' },
  ),
});
