import { EfEnvError, type Trajectory } from '@molrl/ef-env';
import { filterGroups } from '@molrl/grpo';
import type { AttemptGame } from './attemptGame.ts';
import type { Draw } from './episodeSource.ts';
import type { Learner } from './learner.ts';
import type { Stage } from './stage.ts';

export interface PlayGroupsOptions<Task> {
  game: AttemptGame<Task>;
  /** P */
  prompts: number;
  /** G */
  numGenerations: number;
  /** Of the sampling. Default 1. */
  temperature?: number | undefined;
  /** What the rollouts' tokens are drawn among. Default: the whole vocabulary. */
  draw?: Draw | undefined;
  /** Further rounds, at most, in which groups with equal rewards are replaced. Default 0. */
  dynamicSampling?: number | undefined;
  /** Seconds that the environment may take for one step. Default 30. */
  episodeTimeout?: number | undefined;
  signal?: AbortSignal | undefined;
  onWarning?: ((message: string) => void) | undefined;
}

export interface PlayedGroups {
  /** `[P * G]`, prompt-major. */
  trajectories: Trajectory[];
  /** Rounds of rollouts that were played. */
  rounds: number;
}

/**
 * G attempts at each of P tasks. With dynamic sampling, groups without spread give way to those of further tasks, until P have
 * spread or the rounds are used up; what is missing then is filled with groups that carry no gradient.
 *
 * @see Yu et al. 2025, DAPO, section 3.2: https://arxiv.org/abs/2503.14476
 */
export async function playGroups<Task>(
  learner: Learner,
  stage: Stage,
  options: PlayGroupsOptions<Task>,
): Promise<PlayedGroups> {
  const { prompts, numGenerations, dynamicSampling = 0 } = options;
  const size = prompts * numGenerations;
  let trajectories = await playRound(learner, stage, options);
  if (dynamicSampling === 0) return { trajectories, rounds: 1 };
  const useful: Trajectory[] = [];
  const useless: Trajectory[] = [];
  for (let rounds = 1; ; rounds++) {
    const rewards = trajectories.map(({ reward }) => reward);
    const kept = new Set(filterGroups(rewards, { numGenerations }).kept);
    for (const [i, episode] of trajectories.entries())
      (kept.has(i) ? useful : useless).push(episode);
    if (useful.length >= size || rounds > dynamicSampling)
      return { trajectories: [...useful, ...useless].slice(0, size), rounds };
    trajectories = await playRound(learner, stage, options);
  }
}

async function playRound<Task>(
  { episodes }: Learner,
  stage: Stage,
  options: PlayGroupsOptions<Task>,
): Promise<Trajectory[]> {
  const { game, prompts, numGenerations, temperature = 1, episodeTimeout = 30 } = options;
  const { signal, draw, onWarning } = options;
  const first = stage.drawn ?? stage.step * prompts;
  const tasks = Array.from({ length: prompts }, (_, i) => game.nextTask(stage.random, first + i));
  stage.drawn = first + prompts;
  const ended: Trajectory[] = [];
  const { environment, part = 'environment' } = game;
  const played = episodes.collect(
    { environment, part, draw },
    {
      tasks,
      groupSize: numGenerations,
      maxTokens: game.maxTokens,
      maxTurns: game.maxTurns,
      temperature,
      stepTimeout: episodeTimeout * 1000,
      seed: stage.random.integer(2 ** 32),
      signal,
      onTrajectories: (finished) => {
        ended.push(...finished);
      },
      ...(onWarning && { onWarning }),
    },
  );
  return played.catch((error: unknown) => {
    // Where every episode failed in the first update, the setup is broken; later it is a bad batch, which is counted.
    const isBadBatch = error instanceof EfEnvError && error.code === 'task' && stage.step > 0;
    if (!isBadBatch || ended.length < tasks.length * numGenerations) throw error;
    onWarning?.(error.message);
    return ended;
  });
}
