import { mixSeeds } from '@molrl/ef-env';
import type { StageName } from '../config/schema.ts';
import { stageLabel } from '../harness/run.ts';
import type { RunState } from '../harness/runState.ts';

/** Names of streams by what is done: `mol` is one of several ways to teach, and all see the same data. */
const STREAMS: Partial<Record<StageName, string>> = { mol: 'teach' };

/** Names the random stream of the stage at work. */
export function streamOf(state: RunState): string {
  const { stages, streams } = state.settings;
  const stage = stages[state.stage]!; // at work
  return streams === 'place' ? stageLabel(state) : (STREAMS[stage] ?? stage);
}

/** Seed of what is sampled in evaluations. */
export const evaluationSeed = ({ seed, streams }: RunState['settings']): number =>
  streams === 'place' ? seed : mixSeeds(seed, 'evaluation');
