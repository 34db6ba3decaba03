import type { Random } from '@molrl/ef-env';
import type { Role } from '@molrl/mol-loss';
import type { Sequence } from './learner.ts';

/** Tokens of a window. */
const WINDOW = 96;

/** Draws windows of a text whose next-token distribution should stay the base's. */
export function generalWindows(
  text: readonly number[],
): (random: Random, count: number) => Sequence[] {
  return (random, count) =>
    Array.from({ length: count }, () => {
      const start = random.integer(Math.max(1, text.length - WINDOW));
      const ids = text.slice(start, start + WINDOW);
      return { ids, roles: new Array<Role>(ids.length).fill('general') };
    });
}
