import { z } from 'zod';
import { count, named, within } from '../settingTypes.ts';

/** Held-out tasks and text. */
export const evaluation = z.strictObject({
  tasks: named(count(1, 100_000), 'Held-out tasks.'),
  temperature: named(within(0, 10), 'Of the sampled accuracy; greedy is always measured too.'),
  everySteps: named(
    count(1, 100_000).optional(),
    'Also after this many GRPO updates. Default: only as a stage.',
    { trl: 'eval_steps', verl: 'trainer.test_freq', primeRl: 'eval.interval' },
  ),
});
