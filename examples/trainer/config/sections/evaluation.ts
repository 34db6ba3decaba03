import { z } from 'zod';
import { count, named, oneOf, within } from '../settingTypes.ts';

export const BEST_METRICS = [
  'accuracy',
  'accuracy_greedy',
  'reward',
  'text_nll',
  'text_kl',
] as const;

/** Held-out tasks and text. */
export const evaluation = z.strictObject({
  tasks: named(count(1, 100_000), 'Held-out tasks.'),
  split: named(
    oneOf(['validation', 'test']).optional(),
    "Half of what is held out that is measured on, of the text and of 'codewords': settings are chosen on 'validation' and reported on 'test'. Default: the tasks of 'test', the whole text.",
  ),
  maxCompletionLength: named(
    count(1, 1_000_000).optional(),
    'Tokens of an answer at most. Default: grpo.maxCompletionLength.',
  ),
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
  metricForBestModel: named(
    oneOf(BEST_METRICS),
    'What evaluations within a training stage are compared by; text_nll and text_kl count as better when lower.',
    { trl: 'metric_for_best_model' },
  ),
  loadBestModelAtEnd: named(
    z.boolean('must be true or false'),
    'End a training stage with the weights of its best evaluation; needs everySteps.',
    { trl: 'load_best_model_at_end' },
  ),
  earlyStoppingPatience: named(
    count(1, 10_000).optional(),
    'End a training stage after so many evaluations in a row without a better one. Default: never.',
    { trl: 'EarlyStoppingCallback.early_stopping_patience' },
  ),
  earlyStoppingThreshold: named(within(0, 1e6), 'By how much a better evaluation must be better.', {
    trl: 'EarlyStoppingCallback.early_stopping_threshold',
  }),
});
