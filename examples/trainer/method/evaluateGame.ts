import type { Trajectory } from '@molrl/ef-env';
import { type Figure, tInterval, wilson } from '../base/intervals.ts';
import type { Game } from '../games/game.ts';
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
  /** A few sampled attempts. */
  samples: { prompt: string; completion: string; reward: number | null; right: boolean }[];
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
  const ask = (at: number, before: number): Promise<Trajectory[]> =>
    learner.episodes.collect(
      { environment: game.environment, part: 'environment' },
      {
        ...{ tasks: [...tasks], seed, maxTokens, temperature: at, concurrency: 128, signal },
        onProgress: ({ done }) => onProgress?.(before + done),
      },
    );
  const sampled = await ask(temperature, 0);
  const greedy = temperature === 0 ? sampled : await ask(0, tasks.length);
  const right = (episodes: readonly Trajectory[]): boolean[] =>
    episodes.map((episode, i) => game.isRight(episode, tasks[i]!)); // one episode a task, in order
  const [rightSampled, rightGreedy] = [right(sampled), right(greedy)];
  const scored = sampled.flatMap(({ reward }) => (reward === null ? [] : [reward]));
  const { nll, kl } = await textDrift(learner, text, signal);
  return {
    sampled: share(rightSampled),
    greedy: share(rightGreedy),
    reward: scored.reduce((sum, x) => sum + x, 0) / Math.max(1, scored.length),
    unscored: sampled.length - scored.length,
    textNll: tInterval(nll),
    textKl: tInterval(kl),
    samples: sampled.slice(0, SAMPLES).map((episode, i) => ({
      prompt: askedIn(episode),
      completion: saidIn(episode),
      reward: episode.reward,
      right: rightSampled[i]!,
    })),
  };
}

const share = (right: readonly boolean[]): Figure =>
  wilson(right.filter(Boolean).length, right.length);
