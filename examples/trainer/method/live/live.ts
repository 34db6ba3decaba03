import { collect, type Environment, type Random } from '@molrl/ef-env';
import { completionMetrics, rewardMetrics } from '@molrl/grpo';
import { learningRateSchedule } from '@molrl/tensor-gpu';
import { dispose } from '@tensorflow/tfjs-core';
import type { Learner } from '../learner.ts';
import type { Stage, StageStep, Tuned } from '../stage.ts';
import { readEpisodes } from './episodes.ts';
import type { LiveMethod } from './liveMethod.ts';

/** What is played: the environment answers every attempt in words. */
export interface LiveGame<Task> {
  environment: Environment<Task>;
  /** `position` counts the tasks of the stage. */
  nextTask(random: Random, position: number): Task;
  maxTokens: number;
}

export interface LiveOptions<Task> {
  game: LiveGame<Task>;
  method: LiveMethod;
  /** Batches of episodes, one optimiser step each. */
  updates: number;
  learningRate: number;
  /** Multiplier of the rate at each step. Default: 3 steps of warm-up, then constant. */
  schedule?: ((step: number) => number) | undefined;
  /** P */
  prompts: number;
  /** G */
  numGenerations: number;
  /** Default 1. */
  temperature?: number | undefined;
  /** Default 1. */
  maxGradNorm?: number | undefined;
  /** Rate and temperature as a person changed them while the run goes. */
  tuned?: Tuned | undefined;
  signal?: AbortSignal | undefined;
  onWarning?: ((message: string) => void) | undefined;
}

/**
 * Learning from what is said of the present policy's own attempts: play, one gradient of the method, one step. Strictly
 * on-policy, so ratios are 1. Yields after every update.
 */
export async function* live<Task>(
  learner: Learner,
  stage: Stage,
  options: LiveOptions<Task>,
): AsyncGenerator<StageStep> {
  const { game, method, updates, learningRate, prompts, numGenerations } = options;
  const { temperature = 1, maxGradNorm = 1, signal, onWarning } = options;
  const { schedule = warmUp(updates) } = options;
  for (let step = stage.step; step < updates; step++) {
    const started = performance.now();
    const changed = options.tuned?.(step) ?? {};
    const trajectories = await collect(game.environment, learner.policy, {
      tasks: Array.from({ length: prompts }, (_, i) =>
        game.nextTask(stage.random, step * prompts + i),
      ),
      groupSize: numGenerations,
      ...{ maxTokens: game.maxTokens, maxTurns: method.turns, signal },
      temperature: changed.temperature ?? temperature,
      seed: stage.random.integer(2 ** 32),
      ...(onWarning && { onWarning }),
    });
    const sampled = performance.now();
    const episodes = readEpisodes(trajectories, numGenerations);
    const { gradients, metrics, warnings } = await method.gradient({
      episodes,
      numGenerations,
      step,
    });
    for (const warning of warnings) onWarning?.(warning);
    const rate = (changed.learningRate ?? learningRate) * schedule(step);
    let gradNorm = 0;
    if (gradients) {
      ({ gradNorm } = await stage.move(gradients, { learningRate: rate, maxGradNorm }));
      dispose(gradients);
      method.follow();
    }
    stage.endUpdate();

    const lengths = episodes.flatMap(({ attempts }) => attempts.map(lengthOf));
    const tokens = lengths.reduce((sum, length) => sum + length, 0);
    const seconds = (performance.now() - started) / 1000;
    yield {
      step: step + 1,
      of: updates,
      metrics: {
        ...rewardMetrics(firstRewards(trajectories), { numGenerations }),
        ...completionMetrics(
          lengths,
          lengths.map(() => 0),
        ),
        ...metrics,
        grad_norm: gradNorm,
        learning_rate: rate,
        num_tokens: tokens,
        'perf/sample_tokens_per_s': tokens / ((sampled - started) / 1000),
        'perf/tokens_per_s': tokens / seconds,
      },
    };
  }
}

const warmUp = (updates: number) =>
  learningRateSchedule({ type: 'constant', warmupSteps: 3, totalSteps: updates });

const lengthOf = ({
  said,
}: {
  said: { tokens?: { ids: ArrayLike<number> } | undefined };
}): number => said.tokens?.ids.length ?? 0;

/** Of the attempts that saw no feedback; an episode without one is not scored. */
const firstRewards = (trajectories: Awaited<ReturnType<typeof collect>>): (number | null)[] =>
  trajectories.map(
    ({ segments }) => segments.find(({ kind }) => kind === 'policy')?.reward ?? null,
  );
