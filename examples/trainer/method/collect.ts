import {
  appendTrajectories,
  createRandom,
  type Environment,
  mixSeeds,
  type Random,
  readTrajectories,
  type Trajectory,
} from '@molrl/ef-env';
import { exists } from '../base/exists.ts';
import type { EpisodeSource } from './episodeSource.ts';

/** What is played with feedback. */
export interface FeedbackGame<Task> {
  environment: Environment<Task>;
  /** `position` counts the episodes, for those who go through their rows in epochs. */
  nextTask(random: Random, position: number): Task;
  maxTurns: number;
  maxTokens: number;
}

export interface CollectFeedbackOptions {
  episodes: number;
  seed: number;
  /** JSONL file that keeps every finished episode; those of this seed found there are not played again. */
  file: string;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: { done: number; total: number }) => void) | undefined;
  onWarning: (message: string) => void;
}

/** Stage 0: the base model attempts tasks over several turns, the environment answers each attempt in words. */
export async function collectFeedback<Task>(
  source: EpisodeSource,
  game: FeedbackGame<Task>,
  options: CollectFeedbackOptions,
): Promise<Trajectory[]> {
  const { environment, nextTask, maxTurns, maxTokens } = game;
  const { episodes, seed, file, signal, onProgress, onWarning } = options;
  const random = createRandom(mixSeeds(seed, 'feedback tasks'));
  const tasks = Array.from({ length: episodes }, (_, position) => nextTask(random, position));
  return source.collect(
    { environment, part: 'withFeedback' },
    {
      ...{ tasks, seed, maxTurns, maxTokens, signal, onProgress },
      ...{ temperature: 1, concurrency: 64 },
      completed: (await exists(file)) ? await readTrajectories(file, { onWarning }) : [],
      onTrajectories: (finished) => appendTrajectories(file, finished, { onWarning }),
    },
  );
}

/** How many episodes were right at which attempt, e.g. `[8, 55, 40, 21]`. */
export function rightByTurn(trajectories: readonly Trajectory[], maxTurns: number): number[] {
  const counts = new Array<number>(maxTurns).fill(0);
  for (const { reward, segments } of trajectories) {
    const last = segments.findLast(({ kind }) => kind === 'policy');
    if (reward === 1 && last) counts[last.turn]! += 1; // turns are below maxTurns
  }
  return counts;
}
