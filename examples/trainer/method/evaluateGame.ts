import { type CollectOptions, collect, type Trajectory } from '@molrl/ef-env';
import { type Figure, tInterval, wilson } from '../base/intervals.ts';
import type { Game, Skills } from '../games/game.ts';
import { askedIn, saidIn } from './episodeText.ts';
import type { Learner } from './learner.ts';
import { textDrift } from './textDrift.ts';

/** Measured on held-out tasks, without feedback. */
export interface Evaluation {
  /** Share of right answers at the asked temperature, with its 95 % Wilson interval. */
  sampled: Figure;
  greedy: Figure;
  /** Mean reward of the sampled attempts that were scored. */
  reward: number;
  /** Sampled attempts that were not scored. */
  unscored: number;
  /** Mean over text windows of the mean over tokens, nats, with its 95 % t-interval. */
  textNll: Figure;
  /** KL(model || base) on the same text. */
  textKl: Figure;
  /** Share of right greedy answers by kind of question, where the game has skills. */
  skills?: Record<string, Figure> | undefined;
  /** A few sampled attempts. */
  samples: Sample[];
}

/** An attempt at a held-out task. */
export interface Sample {
  prompt: string;
  completion: string;
  reward: number | null;
  right: boolean;
  /** What is right, where the game can tell. */
  solution?: string | undefined;
}

export interface EvaluateGameOptions {
  tasks: number;
  temperature: number;
  maxTokens: number;
  seed: number;
  /** Held-out text as tokens. */
  text: readonly number[];
  signal?: AbortSignal | undefined;
  /** Told how many of both, sampled and greedy attempts, are done. */
  onProgress?: ((done: number) => void) | undefined;
}

const SAMPLES = 8;

/** @throws {Error} if the game has no held-out task. */
export async function evaluateGame(
  learner: Learner,
  game: Game,
  options: EvaluateGameOptions,
): Promise<Evaluation> {
  const { temperature, maxTokens, seed, text, signal, onProgress } = options;
  const tasks = game.heldOut(options.tasks);
  if (tasks.length === 0) {
    throw new Error(
      'eval: there is no held-out task. Give --eval-data, at least 10 rows of --data, or leave eval out of --stages.',
    );
  }
  const shared = { seed, maxTokens, concurrency: 128, signal };
  const ask = (at: number, before: number): Promise<Trajectory[]> =>
    learner.episodes.collect(
      { environment: game.environment, part: 'environment' },
      {
        ...{ ...shared, tasks: [...tasks], temperature: at },
        onProgress: ({ done }) => onProgress?.(before + done),
      },
    );
  const sampled = await ask(temperature, 0);
  const greedy = temperature === 0 ? sampled : await ask(0, tasks.length);
  const right = (episodes: readonly Trajectory[]): boolean[] =>
    episodes.map((episode, i) => game.isRight(episode, tasks[i]!)); // one episode a task, in order
  const [rightSampled, rightGreedy] = [right(sampled), right(greedy)];
  const scored = sampled.flatMap(({ reward }) => (reward === null ? [] : [reward]));
  const skills =
    game.skills && (await greedySkills(learner, game.skills, { ...shared, count: options.tasks }));
  const { nll, kl } = await textDrift(learner, text, signal);
  return {
    sampled: share(rightSampled),
    greedy: share(rightGreedy),
    reward: scored.reduce((sum, x) => sum + x, 0) / Math.max(1, scored.length),
    unscored: sampled.length - scored.length,
    textNll: tInterval(nll),
    textKl: tInterval(kl),
    ...(skills && { skills }),
    samples: sampled.slice(0, SAMPLES).map((episode, i) => ({
      prompt: askedIn(episode),
      completion: saidIn(episode),
      reward: episode.reward,
      right: rightSampled[i]!,
      solution: game.solution?.(tasks[i]!),
    })),
  };
}

/** What the game's other questions are answered with; they are asked here, whoever plays the tasks. */
async function greedySkills(
  { policy }: Pick<Learner, 'policy'>,
  { environment, tasks }: Skills,
  {
    count,
    ...options
  }: Pick<CollectOptions<object>, 'seed' | 'maxTokens' | 'signal'> & { count: number },
): Promise<Record<string, Figure>> {
  const figures: Record<string, Figure> = {};
  for (const [name, asked] of Object.entries(tasks(count))) {
    const played = await collect(environment, policy, {
      ...options,
      tasks: [...asked],
      temperature: 0,
    });
    figures[name] = share(played.map(({ reward }) => reward === 1));
  }
  return figures;
}

const share = (right: readonly boolean[]): Figure =>
  wilson(right.filter(Boolean).length, right.length);
