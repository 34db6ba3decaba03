import { EfEnvError } from '../base/errors.ts';
import type { Trajectory } from '../trajectory/trajectory.ts';

/** The metric of an episode that outgrew the policy's context. */
export const CONTEXT_FULL = 'context/full';

/**
 * Says how many episodes outgrew the policy's context.
 *
 * @throws {EfEnvError} `task` if not one of them had room for a first attempt: no update would have anything to train on.
 */
export function reportFullContexts(
  caller: string,
  played: readonly Trajectory[],
  warn: (message: string) => void,
): void {
  const full = played.filter(({ metrics }) => metrics?.[CONTEXT_FULL] === 1);
  if (full.length === 0) return;
  const hasAttempt = ({ segments }: Trajectory): boolean =>
    segments.some(({ kind }) => kind === 'policy');
  if (full.length === played.length && !full.some(hasAttempt)) {
    throw new EfEnvError(
      'task',
      `${caller}: every prompt (${played.length}) is longer than the policy's context. Give shorter tasks, or a model of a longer context.`,
    );
  }
  warn(
    `${caller}: ${full.length} of ${played.length} episodes outgrew the policy's context and ended ('truncated'). Fewer or shorter turns fit.`,
  );
}
