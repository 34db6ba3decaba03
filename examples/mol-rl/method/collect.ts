import { access } from 'node:fs/promises';
import {
  appendTrajectories,
  codewords,
  codewordsTask,
  collect,
  createRandom,
  mixSeeds,
  readTrajectories,
  type Trajectory,
} from '@molrl/ef-env';
import type { Lab } from './lab.ts';

export interface CollectFeedbackOptions {
  episodes: number;
  seed: number;
  /** JSONL file that keeps every finished episode; those of this seed found there are not played again. */
  file: string;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: { done: number; total: number }) => void) | undefined;
  onWarning: (message: string) => void;
}

/** Attempts per episode, tokens per attempt: RECIPE settings of the base model. */
const MAX_TURNS = 4;
const MAX_TOKENS = 56;

/**
 * Stage 0: the base model attempts tasks over several turns, the environment answers each attempt in
 * words. Chains of 1 to 3 words, only such as are not held out.
 */
export async function collectFeedback(
  lab: Lab,
  options: CollectFeedbackOptions,
): Promise<Trajectory[]> {
  const { episodes, seed, file, signal, onProgress, onWarning } = options;
  const random = createRandom(mixSeeds(seed, 'feedback tasks'));
  const tasks = Array.from({ length: episodes }, () => codewordsTask(random, { split: 'train' }));
  const exists = await access(file).then(
    () => true,
    () => false,
  );
  return collect(codewords(), lab.policy, {
    tasks,
    seed,
    maxTurns: MAX_TURNS,
    maxTokens: MAX_TOKENS,
    temperature: 1,
    concurrency: 64,
    completed: exists ? await readTrajectories(file, { onWarning }) : [],
    signal,
    onProgress,
    onTrajectories: (finished) => appendTrajectories(file, finished, { onWarning }),
  });
}

/** How many episodes were right at which attempt, e.g. `[8, 55, 40, 21]`. */
export function rightByTurn(trajectories: readonly Trajectory[]): number[] {
  const counts = new Array<number>(MAX_TURNS).fill(0);
  for (const { reward, segments } of trajectories) {
    const last = segments.findLast(({ kind }) => kind === 'policy');
    if (reward === 1 && last) counts[last.turn]! += 1; // turns are below MAX_TURNS
  }
  return counts;
}
