import { EfEnvError } from '../base/errors.ts';
import type { Trajectory } from '../trajectory/trajectory.ts';

/** Reasons that a message names; the trajectories have all. */
const SHOWN_REASONS = 3;

/**
 * Says what went wrong in a collection.
 *
 * @param played - One trajectory of each episode that was played, not resumed.
 * @throws {EfEnvError} `task` if every episode failed, and not all by time: no reward came of any.
 */
export function reportFailures(
  caller: string,
  played: readonly Trajectory[],
  warn: (message: string) => void,
): void {
  const failed = played.filter(({ stop }) => stop === 'error' || stop === 'timeout');
  if (failed.length === 0) return;
  const reasons = reasonsOf(failed);
  if (failed.length === played.length && failed.some(({ stop }) => stop === 'error')) {
    throw new EfEnvError(
      'task',
      `${caller}: every episode (${played.length}) ended in an error: ${reasons}. Mend the environment, the reward or the tasks.`,
    );
  }
  warn(
    `${caller}: ${failed.length} of ${played.length} episodes ended in an error or a time-out: ${reasons}.`,
  );
}

/** The reasons met most often, with their numbers. */
function reasonsOf(failed: readonly Trajectory[]): string {
  const counts = new Map<string, number>();
  for (const { error = 'unknown' } of failed) counts.set(error, (counts.get(error) ?? 0) + 1);
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  const shown = sorted
    .slice(0, SHOWN_REASONS)
    .map(([reason, count]) => `${count} x '${reason.replace(/\.$/, '').slice(0, 300)}'`);
  const more = sorted.length - shown.length;
  return `${shown.join(', ')}${more > 0 ? ` and ${more} other reasons` : ''}`;
}
