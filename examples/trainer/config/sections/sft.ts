import { z } from 'zod';
import { count, named, path } from '../settingTypes.ts';
import { rates } from './rates.ts';

/** Cross-entropy on rows. */
export const sft = z.strictObject({
  data: named(
    path('a JSONL or Parquet file').optional(),
    'Rows with `messages`, or `prompt` and `completion`.',
  ),
  updates: named(count(1, 100_000), 'Updates.', {
    trl: 'max_steps',
    verl: 'trainer.total_training_steps',
    primeRl: 'max_steps',
  }),
  batchSize: named(count(1, 4096), 'Rows per update.', {
    trl: 'per_device_train_batch_size',
    verl: 'data.train_batch_size',
    primeRl: 'data.batch_size',
  }),
  ...rates,
});
