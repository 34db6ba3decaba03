import { z } from 'zod';
import { count, named, oneOf, within } from '../settingTypes.ts';
import { rates } from './rates.ts';

/** Names of what `method/live/presets.ts` holds, which takes seconds to load. */
export const LIVE_METHODS = [
  ...(['grpo', 'echo', 'rltf-fm', 'rltf-sd', 'sdpo', 'sdft', 'feedback-distillation'] as const),
  ...(['sdpg', 'rlsd', 'blend', 'rlsf', 'unlikely'] as const),
] as const;

/** Learning from what is said of the model's own attempts. */
export const live = z.strictObject({
  method: named(oneOf(LIVE_METHODS), "By its paper's name; docs/methods has a page for each.", {
    trl: 'experimental.sdpo, experimental.sdft',
    primeRl: 'algo.type',
  }),
  updates: named(count(1, 100_000), 'Batches of episodes.', { trl: 'max_steps' }),
  prompts: named(count(1, 4096), 'Prompts per batch.'),
  numGenerations: named(count(2, 1024), 'Episodes per prompt.', { trl: 'num_generations' }),
  temperature: named(within(0.01, 10), 'Of the sampling.', { trl: 'temperature' }),
  ...rates,
});
