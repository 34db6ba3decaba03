import type { Random } from '@molrl/ef-env';
import {
  filterGroups,
  type PolicyLossCall,
  type RolloutCorrectionOptions,
  stepTotals,
} from '@molrl/grpo';
import { dispose } from '@tensorflow/tfjs-core';
import { addGeneralKl } from './generalKl.ts';
import type { Learner, Sequence } from './learner.ts';
import {
  type Attempt,
  policyGradient,
  rememberOldLogprobs,
  type TokenValues,
} from './policyGradient.ts';
import { type Rollouts, trainedSequence } from './rollouts.ts';
import type { Stage } from './stage.ts';

/** What the optimiser steps on a batch of rollouts read. */
export interface UpdateOptions {
  /** General data, drawn fresh. */
  nextGeneral(random: Random, count: number): Sequence[];
  /** General sequences that every update holds to the base by KL (weight 1), also one whose groups all have no spread; 0 = none. */
  generalKl: number;
  loss: PolicyLossCall;
  /** That the rollouts were sampled at. Default 1. */
  temperature?: number | undefined;
  /** Passes over each batch of rollouts. Default 1: strictly on-policy. */
  numIterations?: number | undefined;
  /** Parts of the batch that get an optimiser step each, in every pass. Default 1. */
  miniBatches?: number | undefined;
  /** Attempts per forward and backward pass. Default: all. */
  microBatchSize?: number | undefined;
  /** Default: none; sampler and trainer share their kernels. */
  rolloutCorrection?: RolloutCorrectionOptions | undefined;
  /** Default 1. */
  maxGradNorm?: number | undefined;
}

/** Those with a gradient: of groups with spread, with something sampled that is not masked. */
function attemptsOf(
  learner: Learner,
  { trajectories, logprobs, behaviorLogprobs, trained }: Rollouts,
  { rewards, advantages, numGenerations }: Judged,
): Attempt[] {
  const { kept } = filterGroups(rewards, { numGenerations });
  return Array.from(kept)
    .filter((i) => trained[i] === 1)
    .map((i) => ({
      episode: i,
      sequence: trainedSequence(learner, trajectories[i]!), // kept indexes all of them
      advantage: advantages[i]!,
      rolloutLogprobs: logprobs[i]!,
      behaviorLogprobs: behaviorLogprobs?.[i],
    }));
}

interface Judged {
  rewards: readonly (number | null)[];
  advantages: ArrayLike<number>;
  numGenerations: number;
}

/** All optimiser steps on one batch of rollouts; metrics are means over them. */
export async function updateOnRollouts(
  learner: Learner,
  stage: Stage,
  options: UpdateOptions & Judged & { rollouts: Rollouts; rate: number },
): Promise<{ metrics: Record<string, number>; values: (TokenValues | undefined)[] }> {
  const { rollouts, numIterations = 1, miniBatches = 1 } = options;
  const attempts = attemptsOf(learner, rollouts, options);
  const { microBatchSize = Math.max(1, attempts.length) } = options;
  const { temperature } = options;
  if (miniBatches > 1)
    await rememberOldLogprobs(learner, attempts, { microBatchSize, temperature });
  const rows: Record<string, number>[] = [];
  for (let iteration = 0; iteration < numIterations; iteration++) {
    for (let k = 0; k < miniBatches; k++) {
      const part = partOf(rollouts, attempts, { k, of: miniBatches });
      rows.push(await update(learner, stage, { ...options, ...part, microBatchSize }));
    }
  }
  return { metrics: meanRow(rows), values: valuesOf(rollouts.trajectories.length, attempts) };
}

/** What the loss saw of each episode; undefined where it saw none of its tokens. */
function valuesOf(count: number, attempts: readonly Attempt[]): (TokenValues | undefined)[] {
  const values = new Array<TokenValues | undefined>(count).fill(undefined);
  for (const attempt of attempts) values[attempt.episode] = attempt.values;
  return values;
}

/** Completions of one part, groups together, and the totals its loss is divided by. */
function partOf(
  { lengths, trained }: Rollouts,
  attempts: readonly Attempt[],
  { k, of }: { k: number; of: number },
): Pick<Update, 'attempts' | 'totals'> {
  const [from, to] = [k, k + 1].map((part) => Math.floor((part * lengths.length) / of)) as [
    number,
    number,
  ];
  const tokens = Array.from(lengths.subarray(from, to), (length, i) => length * trained[from + i]!);
  return {
    attempts: attempts.filter(({ episode }) => episode >= from && episode < to),
    // Groups without spread carry no gradient and are not computed, but their tokens count.
    totals: stepTotals({
      sequenceIds: tokens.flatMap((count, i) => new Array<number>(count).fill(i)),
      batchSize: to - from,
    }),
  };
}

interface Update {
  attempts: readonly Attempt[];
  totals: ReturnType<typeof stepTotals>;
  rate: number;
  microBatchSize: number;
}

/** One optimiser step; none where neither a group has spread nor the base is held. */
async function update(
  learner: Learner,
  stage: Stage,
  options: UpdateOptions & Update,
): Promise<Record<string, number>> {
  const { attempts, totals, rate, generalKl, maxGradNorm = 1, microBatchSize } = options;
  const general = options.nextGeneral(stage.random, generalKl);
  let { gradients, metrics } = await policyGradient(learner, attempts, {
    loss: { ...options.loss, ...totals } as PolicyLossCall, // totals are options of every loss
    rolloutCorrection: options.rolloutCorrection,
    ...{ microBatchSize, temperature: options.temperature },
  });
  // Also where no group has spread: the base is held in every update.
  if (generalKl > 0) gradients = await addGeneralKl(learner, general, { gradients, metrics });
  if (!gradients) return metrics;
  const { gradNorm } = await stage.move(gradients, { learningRate: rate, maxGradNorm });
  dispose(gradients);
  return { ...metrics, grad_norm: gradNorm };
}

/** Means of what rows have; extremes stay extremes. */
function meanRow(rows: readonly Record<string, number>[]): Record<string, number> {
  const names = new Set(rows.flatMap((row) => Object.keys(row)));
  return Object.fromEntries(
    Array.from(names, (name) => {
      const values = rows.flatMap((row) => row[name] ?? []);
      if (name.endsWith('/max')) return [name, Math.max(...values)];
      if (name.endsWith('/min')) return [name, Math.min(...values)];
      return [name, values.reduce((sum, value) => sum + value, 0) / values.length];
    }),
  );
}
