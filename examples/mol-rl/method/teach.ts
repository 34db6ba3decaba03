import { createRandom, mixSeeds } from '@molrl/ef-env';
import { molLoss, type Role } from '@molrl/mol-loss';
import { packedBatch } from '@molrl/qwen3';
import { learningRateSchedule } from '@molrl/tensor-gpu';
import { forwardTargets, type ScoredTargets } from '../forwardTargets.ts';
import type { Lab } from './lab.ts';
import { generalSequences, type Targets, type TrainingSequence, targetsOf } from './sequences.ts';
import type { Stage, StageStep } from './stage.ts';

/**
 * What stage 1 does with the feedback.
 *
 * - `'mol'`: CE on feedback + alpha KL to the base on the model's own turns and on general data
 * - `'ce'`: CE on feedback, nothing else
 * - `'replay'`: CE on feedback + CE on general data, 1:1
 */
export type TeachMethod = 'mol' | 'ce' | 'replay';

export interface TeachOptions {
  method: TeachMethod;
  updates: number;
  learningRate: number;
  /** Weight of both KL terms. */
  alpha: number;
  /** EF episodes per update, and general sequences per update. */
  batchSize: number;
  seed: number;
}

/** Tokens with a loss, by method. */
const WANTED: Record<TeachMethod, Role[]> = {
  mol: ['environment', 'assistant', 'general'],
  ce: ['environment'],
  replay: ['environment', 'general'],
};

/**
 * Stage 1: learn from what the environment said. Yields after every update.
 *
 *     L = CE(feedback) + alpha (KL(own turns) + KL(general))        each a mean over sequences of token means
 */
export async function* teach(
  lab: Lab,
  stage: Stage,
  episodes: readonly TrainingSequence[],
  options: TeachOptions,
): AsyncGenerator<StageStep> {
  const { method, updates, learningRate, alpha, batchSize, seed } = options;
  const schedule = learningRateSchedule({
    type: 'linear',
    warmupSteps: 5,
    totalSteps: updates,
    decayFrom: 0.6,
    minRatio: 0.1,
  });
  for (let step = stage.step; step < updates; step++) {
    const started = performance.now();
    const drawn = drawEpisodes(episodes, step, batchSize, seed);
    // Every method draws, so that all see the same stream; CE does not use it.
    const general = generalSequences(lab, stage.random, batchSize);
    const sequences = method === 'ce' ? drawn : [...drawn, ...general];

    const batch = packedBatch(sequences);
    const targets = targetsOf(sequences, WANTED[method]);
    const scored = await forwardTargets(lab, batch, targets, { kl: method === 'mol' });
    const { gradient, metrics } = lossOf(method, alpha, targets, scored);
    const gradients = scored.backward(stage.parameters, gradient);
    const rate = learningRate * schedule(step);
    const { gradNorm } = await stage.optimizer.step(gradients.byName, {
      learningRate: rate,
      maxGradNorm: 1,
    });
    gradients.dispose();
    stage.endUpdate();

    const feedback = feedbackLoss(scored.logprobs, targets, drawn.length);
    const seconds = (performance.now() - started) / 1000;
    yield {
      step: step + 1,
      of: updates,
      metrics: {
        ...metrics,
        'mol/ce': feedback,
        grad_norm: gradNorm,
        learning_rate: rate,
        'perf/tokens_per_s': batch.T / seconds,
      },
    };
  }
}

interface Loss {
  /** dLoss/dlogprobs and dLoss/dkl at each target. */
  gradient: { logprobs: ArrayLike<number>; kl?: ArrayLike<number> };
  metrics: Record<string, number>;
}

function lossOf(method: TeachMethod, alpha: number, targets: Targets, scored: ScoredTargets): Loss {
  const { roles, sequenceIds } = targets;
  const { logprobs, kl } = scored;
  if (method === 'replay') {
    const mixture = { environment: { ce: 1 }, general: { ce: 1 } };
    const { loss, logprobGradient, metrics } = molLoss(
      { logprobs, roles, sequenceIds },
      { mixture },
    );
    return {
      gradient: { logprobs: logprobGradient },
      metrics: {
        loss,
        'mol/ce': metrics['mol/ce_environment']!,
        'replay/ce': metrics['mol/ce_general']!,
      }, // two roles of CE
    };
  }
  const loss = molLoss({ logprobs, kl, roles, sequenceIds }, { alpha });
  const gradient = { logprobs: loss.logprobGradient, kl: loss.klGradient };
  return { gradient, metrics: { loss: loss.loss, ...loss.metrics } };
}

/** Mean -log p of the feedback tokens. Replay's general tokens have the same role, so the loss's own mean covers both. */
function feedbackLoss(
  logprobs: ArrayLike<number>,
  { roles, sequenceIds }: Targets,
  episodes: number,
): number {
  let sum = 0;
  let tokens = 0;
  for (let i = 0; i < roles.length; i++) {
    if (roles[i] !== 'environment' || sequenceIds[i]! >= episodes) continue; // one id per role
    sum -= logprobs[i]!; // one log-prob per role
    tokens++;
  }
  return sum / Math.max(1, tokens);
}

/** The episodes of an update: every epoch is a new permutation, a function of seed and epoch alone. */
function drawEpisodes(
  episodes: readonly TrainingSequence[],
  step: number,
  batchSize: number,
  seed: number,
): TrainingSequence[] {
  return Array.from({ length: batchSize }, (_, i) => {
    const position = step * batchSize + i;
    const epoch = Math.floor(position / episodes.length);
    const order = createRandom(mixSeeds(seed, 'epoch', epoch)).sample(episodes, episodes.length);
    return order[position % episodes.length]!; // inside by the remainder
  });
}
