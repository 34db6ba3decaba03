import type { Random, Segment } from '@molrl/ef-env';
import { generalWindows } from './generalWindows.ts';
import type { Learner, Sequence } from './learner.ts';

/**
 * Draws general data: what the model should go on saying as the base does.
 *
 * @param text - Cut into windows.
 * @param document - A conversation that the base masters: these take turns with the windows. Default: windows alone.
 */
export function generalData(
  { render }: Pick<Learner, 'render'>,
  text: readonly number[],
  document?: (random: Random) => Segment[],
): (random: Random, count: number) => Sequence[] {
  const windows = generalWindows(text);
  if (!document) return windows;
  return (random, count) =>
    Array.from({ length: count }, (_, i) => {
      if (i % 2 === 0) return windows(random, 1)[0]!; // as many as were asked for
      const { ids } = render(document(random));
      return { ids, roles: Array.from(ids, () => 'general') };
    });
}
