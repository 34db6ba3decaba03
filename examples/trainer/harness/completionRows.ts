import type { Trajectory } from '@molrl/ef-env';

/** A line of completions.jsonl. */
export interface CompletionRow {
  step: number;
  prompt: string;
  completion: string;
  reward: number | null;
  advantage: number;
  stop: string;
  /** As sampled, with the sampler's log-prob of each. */
  ids: number[];
  logprobs: number[];
}

/** Groups of each update that are kept. */
const GROUPS = 2;

/** A few completions of an update, with all that a reader needs to see what the loss saw. */
export function completionRows(update: {
  step: number;
  trajectories: readonly Trajectory[];
  advantages: ArrayLike<number>;
}): CompletionRow[] {
  const { step, trajectories, advantages } = update;
  return trajectories
    .slice(0, GROUPS * groupSize(trajectories))
    .map(({ segments, reward, stop }, i) => {
      const own = segments.findLast(({ kind }) => kind === 'policy');
      const asked = segments.find(({ speaker, kind }) => kind === 'prompt' && speaker === 'user');
      return {
        ...{ step, prompt: asked?.text ?? '', completion: own?.text ?? '' },
        ...{ reward, advantage: advantages[i]!, stop }, // one per trajectory
        ids: Array.from(own?.tokens?.ids ?? []),
        logprobs: Array.from(own?.tokens?.logprobs ?? []),
      };
    });
}

/** Episodes of the first task. */
function groupSize(trajectories: readonly Trajectory[]): number {
  const first = JSON.stringify(trajectories[0]?.task.data);
  const end = trajectories.findIndex(({ task }) => JSON.stringify(task.data) !== first);
  return end < 0 ? trajectories.length : end;
}
