import { z } from 'zod';
import { count, named } from '../settingTypes.ts';

/** Playing with feedback. */
export const collect = z.strictObject({
  episodes: named(count(1, 1_000_000), 'Episodes that the model plays with feedback.'),
  maxTurns: named(count(1, 64), 'Attempts per episode.', { verl: 'rollout.multi_turn.max_turns' }),
});
