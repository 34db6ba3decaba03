import { episodeMetrics, type Trajectory } from '@molrl/ef-env';
import { completionMetrics, rewardMetrics } from '@molrl/grpo';
import { dispose } from '@tensorflow/tfjs-core';
import type { AttemptGame } from '../attemptGame.ts';
import type { Learner } from '../learner.ts';
import { type PlayGroupsOptions, playGroups } from '../playGroups.ts';
import type { Stage, StageStep, Tuned } from '../stage.ts';
import { warmUp } from '../warmUp.ts';
import { attemptsOf, readEpisodes } from './episodes.ts';
import type { LiveGradient, LiveMethod } from './liveMethod.ts';

export interface LiveOptions<Task>
  extends Omit<PlayGroupsOptions<Task>, 'game' | 'dynamicSampling'> {
  /** What is played: the environment answers every attempt in words. */
  game: Omit<AttemptGame<Task>, 'maxTurns'>;
  method: LiveMethod;
  /** Batches of episodes, one optimiser step each. */
  updates: number;
  learningRate: number;
  /** Multiplier of the rate at each step. Default: 3 steps of warm-up, then constant. */
  schedule?: ((step: number) => number) | undefined;
  /** Default 1. */
  maxGradNorm?: number | undefined;
  /** Rate and temperature as a person changed them while the run goes. */
  tuned?: Tuned | undefined;
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
  const { method, updates, numGenerations, maxGradNorm = 1, onWarning } = options;
  const { schedule = warmUp(updates) } = options;
  const game = { ...options.game, maxTurns: method.turns };
  for (let step = stage.step; step < updates; step++) {
    const started = performance.now();
    const changed = options.tuned?.(step) ?? {};
    const temperature = changed.temperature ?? options.temperature ?? 1;
    const { trajectories } = await playGroups(learner, stage, { ...options, game, temperature });
    const sampled = performance.now();
    const episodes = readEpisodes(trajectories, numGenerations);
    const played = { episodes, temperature, step };
    const {
      gradients,
      metrics,
      warnings = [],
    } = episodes.length > 0 ? await method.gradient(played) : nothingSaid(step);
    for (const warning of warnings) onWarning?.(warning);
    const rate = (changed.learningRate ?? options.learningRate) * schedule(step);
    let gradNorm = 0;
    if (gradients) {
      ({ gradNorm } = await stage.move(gradients, { learningRate: rate, maxGradNorm }));
      dispose(gradients);
      method.follow();
    }
    stage.endUpdate();

    const said = saidMetrics(learner, trajectories, numGenerations);
    const tokens = said.num_tokens!; // always there
    yield {
      step: step + 1,
      of: updates,
      metrics: {
        ...said,
        ...metrics,
        grad_norm: gradNorm,
        learning_rate: rate,
        'perf/sample_tokens_per_s': tokens / ((sampled - started) / 1000),
        'perf/tokens_per_s': tokens / ((performance.now() - started) / 1000),
      },
    };
  }
}

/** A batch in which every episode failed before anything was sampled. */
const nothingSaid = (step: number): LiveGradient => ({
  gradients: undefined,
  metrics: { loss: 0 },
  warnings: [
    `Every episode of update ${step + 1} failed before the model said anything: nothing was learned from it.`,
  ],
});

/** Rewards of the attempts that saw no feedback, and the lengths of all attempts. */
function saidMetrics(
  { policy }: Learner,
  trajectories: readonly Trajectory[],
  numGenerations: number,
): Record<string, number> {
  const attempts = trajectories.map(attemptsOf);
  const rewards = attempts.map(([first]) => first?.reward ?? null);
  const ids = attempts.flat().map(({ said }) => Array.from(said.tokens?.ids ?? []));
  const lengths = ids.map(({ length }) => length);
  const truncated = ids.map((own) => Number(!policy.eosIds.includes(own.at(-1) ?? -1)));
  return {
    ...rewardMetrics(rewards, { numGenerations }),
    ...completionMetrics(lengths, truncated),
    ...episodeMetrics(trajectories),
    num_tokens: lengths.reduce((sum, length) => sum + length, 0),
  };
}
