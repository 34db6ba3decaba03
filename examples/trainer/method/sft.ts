import { dispose } from '@tensorflow/tfjs-core';
import { itemOfEpochs } from './epochs.ts';
import type { Learner, Sequence } from './learner.ts';
import { mixtureGradient } from './mixtureGradient.ts';
import type { Stage, StageStep, Tuned } from './stage.ts';

export interface SftOptions {
  /** Rows as tokens: `'assistant'` tokens are learned. */
  rows: readonly Sequence[];
  updates: number;
  batchSize: number;
  learningRate: number;
  /** Multiplier of the rate at each step. */
  schedule(step: number): number;
  maxGradNorm: number;
  /** What was changed by hand so far. */
  tuned?: Tuned | undefined;
  seed: number;
}

const ANSWERS = { roles: ['assistant'], terms: { mixture: { assistant: { ce: 1 } } } } as const;

/**
 * Supervised fine-tuning: cross-entropy on what the assistant says in given conversations. Yields after every update.
 *
 *     L = mean over rows of the mean over their assistant tokens of -log p(token)
 */
export async function* sft(
  learner: Learner,
  stage: Stage,
  options: SftOptions,
): AsyncGenerator<StageStep> {
  const { rows, updates, batchSize, learningRate, schedule, maxGradNorm, seed } = options;
  for (let step = stage.step; step < updates; step++) {
    const started = performance.now();
    const sequences = Array.from({ length: batchSize }, (_, i) =>
      itemOfEpochs(rows, step * batchSize + i, seed),
    );
    const { gradients, loss, tokens, metrics } = await mixtureGradient(learner, sequences, ANSWERS);
    const rate = (options.tuned?.(step).learningRate ?? learningRate) * schedule(step);
    const { gradNorm } = await stage.move(gradients, { learningRate: rate, maxGradNorm });
    dispose(gradients);
    stage.endUpdate();

    const seconds = (performance.now() - started) / 1000;
    yield {
      step: step + 1,
      of: updates,
      metrics: {
        loss,
        mean_token_logprob: -metrics['mol/nll_assistant']!, // a row has an answer
        grad_norm: gradNorm,
        learning_rate: rate,
        'perf/tokens_per_s': tokens / seconds,
      },
    };
  }
}
