import type { SampledTokens, Trajectory } from '@molrl/ef-env';

/** Trajectories as `readTrajectories` reads them, with what a trainer needs of the tokens. */
export const trajectoryLines = (trajectories: readonly Trajectory[]): string =>
  trajectories.map((trajectory) => `${JSON.stringify(trajectory, plainTokens)}\n`).join('');

/** Typed arrays as lists: JSON would write them as objects. */
function plainTokens(name: string, value: unknown): unknown {
  if (name !== 'tokens' || typeof value !== 'object' || value === null) return value;
  const { ids, logprobs, weightVersion } = value as SampledTokens; // of a segment
  return { ids: Array.from(ids), logprobs: logprobs && Array.from(logprobs), weightVersion };
}
