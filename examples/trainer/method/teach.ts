import type { Random } from '@molrl/ef-env';
import type { Role } from '@molrl/mol-loss';
import { learningRateSchedule } from '@molrl/tensor-gpu';
import { dispose } from '@tensorflow/tfjs-core';
import { itemOfEpochs } from './epochs.ts';
import type { Learner, Sequence } from './learner.ts';
import { type MolKl, mixtureGradient } from './mixtureGradient.ts';
import type { Stage, StageStep, Tuned } from './stage.ts';

/**
 * What stage 1 does with the feedback.
 *
 * - `'mol'`: CE on feedback + alpha KL to the base on the model's own turns and on general data
 * - `'ce'`: CE on feedback, nothing else
 * - `'replay'`: CE on feedback + CE on general data, 1:1
 */
export type TeachMethod = 'mol' | 'ce' | 'replay';

export interface TeachOptions {
  /** EF episodes as tokens with roles. */
  episodes: readonly Sequence[];
  /** General data, drawn fresh. */
  nextGeneral(random: Random, count: number): Sequence[];
  method: TeachMethod;
  updates: number;
  learningRate: number;
  /** Multiplier of the rate at each step. Default: 5 steps of warm-up, from 0.6 of the run a linear decay to 0.1. */
  schedule?: ((step: number) => number) | undefined;
  /** Default 1. */
  maxGradNorm?: number | undefined;
  /** How the KL is computed. Default over the whole vocabulary. */
  kl?: MolKl | undefined;
  /** Weight of both KL terms. */
  alpha: number;
  /** EF episodes per update. */
  batchSize: number;
  /** General sequences per update. Default: as many as episodes. */
  generalBatchSize?: number | undefined;
  /** What was changed by hand so far. */
  tuned?: Tuned | undefined;
  seed: number;
}

/** Tokens with a loss, by method. */
const WANTED: Record<TeachMethod, Role[]> = {
  mol: ['environment', 'assistant', 'general'],
  ce: ['environment'],
  replay: ['environment', 'general'],
};

/** Without a base: CE on whatever is wanted, a mean each. */
const CE = { environment: { ce: 1 }, general: { ce: 1 } } as const;

/**
 * Stage 1: learn from what the environment said. Yields after every update.
 *
 *     L = CE(feedback) + alpha (KL(own turns) + KL(general))        each a mean over sequences of token means
 */
export async function* teach(
  learner: Learner,
  stage: Stage,
  options: TeachOptions,
): AsyncGenerator<StageStep> {
  const { episodes, nextGeneral, method, updates, batchSize, seed } = options;
  const { generalBatchSize = batchSize } = options;
  const { schedule = warmUpAndDecay(updates), maxGradNorm = 1 } = options;
  for (let step = stage.step; step < updates; step++) {
    const started = performance.now();
    const changed = options.tuned?.(step) ?? {};
    const { learningRate = options.learningRate, alpha = options.alpha } = changed;
    const drawn = Array.from({ length: batchSize }, (_, i) =>
      itemOfEpochs(episodes, step * batchSize + i, seed),
    );
    // Every method draws, so that all see the same stream; CE does not use it.
    const general = nextGeneral(stage.random, generalBatchSize);
    const sequences = method === 'ce' ? drawn : [...drawn, ...general];

    const terms = method === 'mol' ? { alpha, kl: options.kl } : { mixture: CE };
    const { gradients, loss, metrics, tokens } = await mixtureGradient(learner, sequences, {
      ...{ roles: WANTED[method], terms },
    });
    const rate = learningRate * schedule(step);
    const { gradNorm } = await stage.move(gradients, {
      learningRate: rate,
      maxGradNorm,
    });
    dispose(gradients);
    stage.endUpdate();

    const seconds = (performance.now() - started) / 1000;
    yield {
      step: step + 1,
      of: updates,
      metrics: {
        loss,
        ...metrics,
        ...(method === 'mol' ? {} : crossEntropies(method, metrics)),
        grad_norm: gradNorm,
        learning_rate: rate,
        'perf/tokens_per_s': tokens / seconds,
      },
    };
  }
}

const warmUpAndDecay = (totalSteps: number) =>
  learningRateSchedule({
    type: 'linear',
    warmupSteps: 5,
    totalSteps,
    decayFrom: 0.6,
    minRatio: 0.1,
  });

/** Of a mixture of two CE terms `mol/ce` is over both: here it stays the feedback's own, as in the other methods. */
const crossEntropies = (
  method: TeachMethod,
  metrics: Record<string, number>,
): Record<string, number> => ({
  'mol/ce': metrics['mol/ce_environment']!, // the mixture names the role
  ...(method === 'replay' && { 'replay/ce': metrics['mol/ce_general']! }),
});
