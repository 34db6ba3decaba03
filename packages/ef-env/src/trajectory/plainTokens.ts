import type { Trajectory } from './trajectory.ts';

/** The same trajectory with tokens as plain arrays: JSON would write typed ones as objects, and Parquet takes none in lists. */
export function plainTokens(trajectory: Trajectory): Trajectory {
  const segments = trajectory.segments.map((segment) => {
    if (segment.tokens === undefined) return segment;
    const { ids, logprobs, weightVersion } = segment.tokens;
    const plain = {
      ids: Array.from(ids),
      ...(logprobs && { logprobs: Array.from(logprobs) }),
      ...(weightVersion !== undefined && { weightVersion }),
    };
    return { ...segment, tokens: plain };
  });
  return { ...trajectory, segments };
}
