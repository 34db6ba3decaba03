import { readTrajectories, type Trajectory } from '@molrl/ef-env';
import type { SegmentTokens } from '@molrl/qwen3';

/** Trajectories as lines of JSON, with what a trainer needs of the tokens. */
export const trajectoryLines = (trajectories: readonly Trajectory[]): string =>
  trajectories.map((trajectory) => `${JSON.stringify(trajectory, plainTokens)}\n`).join('');

/** Trajectories as `trajectoryLines` wrote them. */
export async function readTrajectoryLines(content: string): Promise<Trajectory[]> {
  const trajectories = await readTrajectories({ content, format: 'jsonl' });
  for (const { segments } of trajectories) {
    for (const { tokens } of segments) {
      const { samplingMask: mask } = (tokens ?? {}) as Partial<SegmentTokens>; // what wrote them
      if (!mask) continue;
      const [tokenIds, offsets] = [Int32Array.from(mask.tokenIds), Int32Array.from(mask.offsets)];
      Object.assign(tokens!, { samplingMask: { tokenIds, offsets } }); // it has a mask
    }
  }
  return trajectories;
}

/** Typed arrays as lists: JSON would write them as objects. */
function plainTokens(name: string, value: unknown): unknown {
  if (name !== 'tokens' || typeof value !== 'object' || value === null) return value;
  const { ids, logprobs, behaviorLogprobs, samplingMask, weightVersion } =
    value as SegmentTokens & {
      weightVersion?: string;
    }; // of a segment
  return {
    ...{ ids: Array.from(ids), logprobs: logprobs && Array.from(logprobs), weightVersion },
    ...(samplingMask && {
      behaviorLogprobs: behaviorLogprobs && Array.from(behaviorLogprobs),
      samplingMask: {
        tokenIds: Array.from(samplingMask.tokenIds),
        offsets: Array.from(samplingMask.offsets),
      },
    }),
  };
}
