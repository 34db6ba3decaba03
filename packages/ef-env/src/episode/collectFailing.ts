import type { Trajectory } from '../trajectory/trajectory.ts';
import { collect } from './collect.ts';

/** For tests: the episodes of a collection that may reject because all of them ended in an error. One wave only. */
export async function collectFailing(
  ...[env, policy, options]: Parameters<typeof collect<never>>
): Promise<Trajectory[]> {
  const ended: Trajectory[] = [];
  const onTrajectories = (finished: Trajectory[]): void => void ended.push(...finished);
  const quiet = { ...options, onTrajectories, onWarning: () => {} };
  return collect(env, policy, quiet).catch((error: Error) => {
    if (error.message.startsWith('collect: every episode')) return ended;
    throw error;
  });
}
