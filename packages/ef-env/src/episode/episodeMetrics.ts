import { checkList } from '../base/checkData.ts';
import type { Trajectory } from '../trajectory/trajectory.ts';

/**
 * How the episodes of a collection ended, as numbers to log: an unscored or failed episode does not train, and a mean of
 * rewards that leaves it out does not show it.
 *
 * `episodes/total`; `episodes/errors`, `episodes/timeouts` and `episodes/truncated` (`stop`), `episodes/unscored` (`reward: null`, those that
 * failed before their first score included): counts.
 *
 * @example
 * const trajectories: Trajectory[] = []; // from collect
 * episodeMetrics(trajectories)['episodes/errors']; // 0
 */
export function episodeMetrics(trajectories: readonly Trajectory[]): Record<string, number> {
  checkList('episodeMetrics', 'trajectories', trajectories);
  const count = (holds: (trajectory: Trajectory) => boolean): number =>
    trajectories.filter(holds).length;
  return {
    'episodes/total': trajectories.length,
    'episodes/errors': count(({ stop }) => stop === 'error'),
    'episodes/timeouts': count(({ stop }) => stop === 'timeout'),
    'episodes/truncated': count(({ stop }) => stop === 'truncated'),
    'episodes/unscored': count(({ reward }) => reward === null),
  };
}
