import type { Random } from '@molrl/ef-env';
import type { Sequence } from './learner.ts';

/** A piece of general text from a random place, or the whole of a text that is shorter. */
export function textWindow(random: Random, text: readonly number[], length: number): Sequence {
  const start = random.integer(Math.max(1, text.length - length));
  const ids = text.slice(start, start + length);
  return { ids, roles: ids.map(() => 'general') };
}
