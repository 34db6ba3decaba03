import { z } from 'zod';
import { count, named, path } from '../settingTypes.ts';

/** Playing with feedback. */
export const collect = z.strictObject({
  episodes: named(count(1, 1_000_000), 'Episodes that the model plays with feedback.'),
  maxTurns: named(count(1, 64), 'Attempts per episode.', { verl: 'rollout.multi_turn.max_turns' }),
  maxCompletionLength: named(
    count(1, 1_000_000).optional(),
    'Tokens of an attempt at most. Default: grpo.maxCompletionLength.',
  ),
  url: named(
    path('the address of an API').optional(),
    'A stronger model plays: an OpenAI-compatible address such as http://127.0.0.1:8000/v1. Default: the model itself.',
  ),
  model: named(path('a name'), 'Its name there.'),
  tokenVariable: named(
    path('the name of an environment variable'),
    'Environment variable that holds its token, if it wants one.',
  ),
});
