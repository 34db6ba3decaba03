import type { Trajectory } from '../trajectory/trajectory.ts';
import type { RewardOptions, Rubric } from './rubric.ts';

/**
 * Rewards for finished episodes, group by group (episodes of one task): what rewards that compare
 * completions need. The last attempt of each episode is its completion.
 *
 * @returns new trajectories in the same order; those that ended in an error or time-out stay unscored.
 *
 * @example
 * const shortest = rubric<object>({ short: (all) => all.map((text) => -text.length) });
 * const trajectories: Trajectory[] = []; // from collect
 * await scoreTrajectories(trajectories, shortest); // []
 */
export async function scoreTrajectories<Row extends object>(
  trajectories: readonly Trajectory[],
  rubric: Rubric<Row>,
  options: RewardOptions = {},
): Promise<Trajectory[]> {
  const result = trajectories.map((trajectory) => ({ ...trajectory }));
  const groups = new Map<string, number[]>();
  result.forEach(({ task, stop }, i) => {
    if (stop === 'error' || stop === 'timeout') return;
    const key = JSON.stringify([task.env, task.data]);
    groups.set(key, [...(groups.get(key) ?? []), i]);
  });
  for (const members of groups.values()) {
    const completions = members.map(
      (i) => result[i]!.segments.findLast(({ kind }) => kind === 'policy')?.text ?? '',
    );
    const rows = members.map((i) => result[i]!.task.data as Row); // the caller's rows: the environment stored them
    const { rewards, metrics } = await rubric.score(completions, rows, options);
    members.forEach((i, k) => {
      const trajectory = result[i]!;
      trajectory.reward = rewards[k]!;
      const scored = Object.entries(metrics).flatMap(([name, values]) =>
        values[k] == null ? [] : [[name, values[k]]],
      );
      trajectory.metrics = { ...trajectory.metrics, ...Object.fromEntries(scored) };
    });
  }
  return result;
}
