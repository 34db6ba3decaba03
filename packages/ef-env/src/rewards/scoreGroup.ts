import type { Trajectory } from '../trajectory/trajectory.ts';
import type { RewardOptions, Rubric } from './rubric.ts';

/** What a rubric says about one episode. */
export interface GroupScore {
  reward: number | null;
  metrics: Record<string, number>;
}

/**
 * Scores the episodes of one task together, each by its last attempt.
 *
 * @returns One entry per trajectory; `null` for those that ended in an error or time-out, or had no room for an
 * attempt: they are left out.
 */
export async function scoreGroup<Row>(
  group: readonly Trajectory[],
  rubric: Rubric<Row>,
  options: RewardOptions,
): Promise<(GroupScore | null)[]> {
  const lastAttempt = ({ segments }: Trajectory) =>
    segments.findLast(({ kind }) => kind === 'policy');
  const trajectories = group.filter(
    (trajectory) =>
      trajectory.stop !== 'error' &&
      trajectory.stop !== 'timeout' &&
      lastAttempt(trajectory) !== undefined,
  );
  const completions = trajectories.map((trajectory) => lastAttempt(trajectory)!.text); // filtered above
  const rows = trajectories.map(({ task }) => task.data as Row); // the caller's rows: the environment stored them
  const scores = await rubric.score(completions, rows, { ...options, trajectories });
  return group.map((trajectory) => {
    const place = trajectories.indexOf(trajectory);
    if (place < 0) return null;
    const metrics: Record<string, number> = {};
    for (const [name, values] of Object.entries(scores.metrics)) {
      const value = values[place];
      if (typeof value === 'number') metrics[name] = value;
    }
    return { reward: scores.rewards[place] ?? null, metrics };
  });
}
