import { z } from 'zod';
import { count, named, oneOf, path, positive } from '../settingTypes.ts';
import { rates } from './rates.ts';

/** Learning from feedback. */
export const mol = z.strictObject({
  data: named(
    path('a JSONL, JSON or Parquet file').optional(),
    'Conversations with feedback: trajectories, rows with `messages`, traces of verifiers or of a CodeAgent. Default: what `collect` played.',
  ),
  method: named(
    oneOf(['mol', 'ce', 'replay']),
    "What is learned from feedback: 'mol' adds the KL to the base, 'ce' nothing, 'replay' CE on general text.",
  ),
  kl: named(
    oneOf(['full', 'sampled']),
    "The KL to the base: 'full' over the whole vocabulary at each token, 'sampled' as the token that stands there tells it.",
  ),
  alpha: named(positive(100), 'Weight of both KL terms.'),
  updates: named(count(1, 100_000), 'Updates.'),
  batchSize: named(count(1, 4096), 'Episodes per update.'),
  generalBatchSize: named(
    count(1, 4096).optional(),
    'General sequences per update. Default: as many as episodes.',
  ),
  ...rates,
});
