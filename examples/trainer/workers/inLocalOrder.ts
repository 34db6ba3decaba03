import type { CollectOptions, Trajectory } from '@molrl/ef-env';

/**
 * Tells `onTrajectories` of episodes in the order in which `collect` does, wave by wave, each sorted by the turn at which an
 * episode ended: what learns from the file that they are appended to reads it in its order.
 *
 * @param results - By place; `undefined` while it is played.
 * @returns To be called when there are more.
 */
export function inLocalOrder<Task>(
  blanks: readonly Trajectory[],
  results: readonly (Trajectory | undefined)[],
  { groupSize = 1, concurrency = 256, onTrajectories }: CollectOptions<Task>,
): () => Promise<void> {
  const pending = blanks.flatMap((_, place) => (results[place] === undefined ? [place] : []));
  const wave = Math.max(groupSize, concurrency - (concurrency % groupSize));
  let told = 0;
  let last: Promise<void> = Promise.resolve();
  const tell = async (): Promise<void> => {
    while (told < pending.length) {
      const episodes = pending.slice(told, told + wave).flatMap((place) => results[place] ?? []);
      if (episodes.length < Math.min(wave, pending.length - told)) return;
      told += wave;
      episodes.sort((a, b) => turnsOf(a) - turnsOf(b)); // stable: by place where equal
      await onTrajectories?.(episodes);
    }
  };
  return () => {
    last = last.then(tell);
    return last;
  };
}

const turnsOf = ({ segments }: Trajectory): number =>
  segments.filter(({ kind }) => kind === 'policy').length;
