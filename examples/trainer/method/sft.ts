import { molLoss } from '@molrl/mol-loss';
import { packedBatch, scoreTargets, selectTargets } from '@molrl/qwen3';
import { dispose } from '@tensorflow/tfjs-core';
import { itemOfEpochs } from './epochs.ts';
import type { Learner, Sequence } from './learner.ts';
import type { Stage, StageStep } from './stage.ts';

export interface SftOptions {
  /** Rows as tokens: `'assistant'` tokens are learned. */
  rows: readonly Sequence[];
  updates: number;
  batchSize: number;
  learningRate: number;
  /** Multiplier of the rate at each step. */
  schedule(step: number): number;
  maxGradNorm: number;
  seed: number;
}

/**
 * Supervised fine-tuning: cross-entropy on what the assistant says in given conversations. Yields after every update.
 *
 *     L = mean over rows of the mean over their assistant tokens of -log p(token)
 */
export async function* sft(
  { model }: Learner,
  stage: Stage,
  options: SftOptions,
): AsyncGenerator<StageStep> {
  const { rows, updates, batchSize, learningRate, schedule, maxGradNorm, seed } = options;
  for (let step = stage.step; step < updates; step++) {
    const started = performance.now();
    const sequences = Array.from({ length: batchSize }, (_, i) =>
      itemOfEpochs(rows, step * batchSize + i, seed),
    );
    const batch = packedBatch(sequences);
    const targets = selectTargets(batch, sequences, { roles: ['assistant'] });
    const { roles, sequenceIds } = targets;
    const { logprobs, backward } = await scoreTargets(model, batch, targets);
    const mixture = { assistant: { ce: 1 } } as const;
    const { loss, logprobGradient } = molLoss({ logprobs, roles, sequenceIds }, { mixture });
    const gradients = backward({ logprobs: logprobGradient });
    const rate = learningRate * schedule(step);
    const { gradNorm } = await stage.optimizer.step(gradients, { learningRate: rate, maxGradNorm });
    dispose(gradients);
    stage.endUpdate();

    const tokens = batch.T / ((performance.now() - started) / 1000);
    const right = logprobs.reduce((sum, x) => sum + x, 0) / logprobs.length;
    yield {
      step: step + 1,
      of: updates,
      metrics: {
        loss,
        mean_token_logprob: right,
        grad_norm: gradNorm,
        learning_rate: rate,
        'perf/tokens_per_s': tokens,
      },
    };
  }
}
