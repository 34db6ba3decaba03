import { collect, type Environment, type Random } from '@molrl/ef-env';
import {
  completionMetrics,
  explainStep,
  filterGroups,
  type GroupAdvantagesOptions,
  groupAdvantages,
  type PolicyLossCall,
  type RolloutCorrectionOptions,
  rewardMetrics,
  stepTotals,
} from '@molrl/grpo';
import { learningRateSchedule } from '@molrl/tensor-gpu';
import { dispose } from '@tensorflow/tfjs-core';
import { addGeneralKl } from './generalKl.ts';
import type { Learner, Sequence } from './learner.ts';
import { type Attempt, policyGradient, type TokenValues } from './policyGradient.ts';
import { type Rollouts, readRollouts, sampledEntropy, trainedSequence } from './rollouts.ts';
import type { Stage, StageStep } from './stage.ts';

/** What is played: attempts that are scored. */
export interface AttemptGame<Task> {
  environment: Environment<Task>;
  /** `position` counts the prompts of the stage, for those who go through their rows in epochs. */
  nextTask(random: Random, position: number): Task;
  /** Longest answer. */
  maxTokens: number;
  /** Attempts per episode. Default: the environment's own. */
  maxTurns?: number | undefined;
}

export interface GrpoOptions<Task> {
  game: AttemptGame<Task>;
  /** General data, drawn fresh. */
  nextGeneral(random: Random, count: number): Sequence[];
  /** Batches of rollouts. */
  updates: number;
  learningRate: number;
  /** Multiplier of the rate at each step. Default: 3 steps of warm-up, then constant. */
  schedule?: ((step: number) => number) | undefined;
  /** P */
  prompts: number;
  /** G */
  numGenerations: number;
  /** General sequences that every update holds to the base by KL (weight 1), also one whose groups all have no spread; 0 = none. */
  generalKl: number;
  /** Of the sampling. Default 1. */
  temperature?: number | undefined;
  /** Default DAPO's, without a KL to the base. */
  loss?: PolicyLossCall | undefined;
  /** Default TRL's, `'group'`. */
  scaleRewards?: GroupAdvantagesOptions['scaleRewards'] | undefined;
  /** Optimiser steps on each batch of rollouts. Default 1: strictly on-policy. */
  numIterations?: number | undefined;
  /** Attempts per forward and backward pass. Default: all. */
  microBatchSize?: number | undefined;
  /** Leave completions that were cut out of the loss. Default false. */
  maskTruncatedCompletions?: boolean | undefined;
  /** Default: none; sampler and trainer share their kernels. */
  rolloutCorrection?: RolloutCorrectionOptions | undefined;
  /** Default 1. */
  maxGradNorm?: number | undefined;
  signal?: AbortSignal | undefined;
  onWarning?: ((message: string) => void) | undefined;
}

/**
 * Stage 2: GRPO on scored attempts. Yields after every batch of rollouts.
 *
 *     L = - sum_tokens ratio * A[p, g] / tokens of the batch          (lossType 'dapo', beta 0)
 */
export async function* grpo<Task>(
  learner: Learner,
  stage: Stage,
  options: GrpoOptions<Task>,
): AsyncGenerator<StageStep> {
  const { updates, learningRate, numGenerations, scaleRewards, numIterations = 1 } = options;
  const { schedule = warmUp(updates) } = options;
  for (let step = stage.step; step < updates; step++) {
    const started = performance.now();
    const rollouts = await play(learner, stage, { ...options, step });
    const sampled = performance.now();

    const { lengths, truncated, mask, sequenceLength, trajectories } = rollouts;
    const rewards = trajectories.map(({ reward }) => reward);
    const advantages = groupAdvantages(rewards, { numGenerations, scaleRewards });
    const attempts = attemptsOf(learner, rollouts, { advantages, numGenerations });
    const tokens = lengths.reduce((sum, length) => sum + length, 0);
    const rate = learningRate * schedule(step);
    const metrics: Record<string, number> = {
      ...rewardMetrics(rewards, { numGenerations }),
      ...completionMetrics(lengths, truncated),
      'sampling/entropy': sampledEntropy(rollouts),
      learning_rate: rate,
    };

    // Groups without spread carry no gradient and are not computed, but their tokens count.
    const totals = stepTotals({ completionMask: mask, sequenceLength });
    for (let iteration = 0; iteration < numIterations; iteration++) {
      await update(learner, stage, { ...options, attempts, totals, rate, metrics });
    }

    stage.endUpdate();
    const ended = performance.now();
    metrics['perf/sample_tokens_per_s'] = tokens / ((sampled - started) / 1000);
    metrics['perf/tokens_per_s'] = tokens / ((ended - started) / 1000);
    const of = { step: step + 1, of: updates, metrics, advice: explainStep(metrics) };
    const values = valuesOf(trajectories.length, attempts);
    yield { ...of, episodes: { trajectories, advantages, values } };
  }
}

const warmUp = (updates: number) =>
  learningRateSchedule({ type: 'constant', warmupSteps: 3, totalSteps: updates });

/** G attempts at each of P tasks. */
async function play<Task>(
  { policy }: Learner,
  { random }: Stage,
  options: GrpoOptions<Task> & { step: number },
): Promise<Rollouts> {
  const { game, prompts, numGenerations, temperature = 1, step, signal, onWarning } = options;
  const { maskTruncatedCompletions = false } = options;
  const tasks = Array.from({ length: prompts }, (_, i) =>
    game.nextTask(random, step * prompts + i),
  );
  const trajectories = await collect(game.environment, policy, {
    tasks,
    groupSize: numGenerations,
    maxTokens: game.maxTokens,
    maxTurns: game.maxTurns,
    temperature,
    seed: random.integer(2 ** 32),
    signal,
    ...(onWarning && { onWarning }),
  });
  return readRollouts(trajectories, { eosIds: policy.eosIds, maskTruncatedCompletions });
}

/** Those with a gradient: of groups with spread, with something sampled that is not masked. */
function attemptsOf(
  learner: Learner,
  { trajectories, logprobs, mask, sequenceLength }: Rollouts,
  { advantages, numGenerations }: { advantages: ArrayLike<number>; numGenerations: number },
): Attempt[] {
  const rewards = trajectories.map(({ reward }) => reward);
  const { kept } = filterGroups(rewards, { numGenerations });
  return Array.from(kept)
    .filter((i) => mask[i * sequenceLength] === 1)
    .map((i) => ({
      episode: i,
      sequence: trainedSequence(learner, trajectories[i]!), // kept indexes all of them
      advantage: advantages[i]!,
      rolloutLogprobs: logprobs[i]!,
    }));
}

/** What the loss saw of each episode; undefined where it saw none of its tokens. */
function valuesOf(count: number, attempts: readonly Attempt[]): (TokenValues | undefined)[] {
  const values = new Array<TokenValues | undefined>(count).fill(undefined);
  for (const attempt of attempts) values[attempt.episode] = attempt.values;
  return values;
}

interface Update {
  attempts: readonly Attempt[];
  totals: ReturnType<typeof stepTotals>;
  rate: number;
  /** Gets those of the update. */
  metrics: Record<string, number>;
}

/** One optimiser step; none where neither a group has spread nor the base is held. */
async function update<Task>(
  learner: Learner,
  stage: Stage,
  options: GrpoOptions<Task> & Update,
): Promise<void> {
  const { attempts, totals, rate, metrics, generalKl, maxGradNorm = 1 } = options;
  const { loss = { lossType: 'dapo', beta: 0 }, microBatchSize = attempts.length } = options;
  const general = options.nextGeneral(stage.random, generalKl);
  let { gradients, ...rest } = await policyGradient(learner, attempts, {
    loss: { ...loss, ...totals } as PolicyLossCall, // totals are options of every loss
    rolloutCorrection: options.rolloutCorrection,
    microBatchSize,
  });
  Object.assign(metrics, rest.metrics);
  // Also where no group has spread: the base is held in every update.
  if (generalKl > 0) gradients = await addGeneralKl(learner, general, { gradients, metrics });
  if (!gradients) return;
  const { gradNorm } = await stage.optimizer.step(gradients, { learningRate: rate, maxGradNorm });
  metrics.grad_norm = gradNorm;
  dispose(gradients);
}
