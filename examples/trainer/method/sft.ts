import { molLoss, molTotals } from '@molrl/mol-loss';
import {
  addGradients,
  type Gradients,
  packedBatch,
  scoreTargets,
  selectTargets,
} from '@molrl/qwen3';
import { dispose } from '@tensorflow/tfjs-core';
import { itemOfEpochs } from './epochs.ts';
import type { Learner, Sequence } from './learner.ts';
import { microBatches } from './microBatches.ts';
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
  learner: Pick<Learner, 'model' | 'tokensPerPass'>,
  stage: Stage,
  options: SftOptions,
): AsyncGenerator<StageStep> {
  const { rows, updates, batchSize, learningRate, schedule, maxGradNorm, seed } = options;
  for (let step = stage.step; step < updates; step++) {
    const started = performance.now();
    const sequences = Array.from({ length: batchSize }, (_, i) =>
      itemOfEpochs(rows, step * batchSize + i, seed),
    );
    const { gradients, loss, tokens, logprob } = await crossEntropy(learner, sequences);
    const rate = learningRate * schedule(step);
    const { gradNorm } = await stage.optimizer.step(gradients, { learningRate: rate, maxGradNorm });
    dispose(gradients);
    stage.endUpdate();

    const seconds = (performance.now() - started) / 1000;
    yield {
      step: step + 1,
      of: updates,
      metrics: {
        loss,
        mean_token_logprob: logprob,
        grad_norm: gradNorm,
        learning_rate: rate,
        'perf/tokens_per_s': tokens / seconds,
      },
    };
  }
}

const MIXTURE = { mixture: { assistant: { ce: 1 } } } as const;

/** Loss and gradient of a batch, in as many passes as its tokens need. */
async function crossEntropy(
  { model, tokensPerPass }: Pick<Learner, 'model' | 'tokensPerPass'>,
  sequences: readonly Sequence[],
) {
  const parts = microBatches(sequences, { tokens: tokensPerPass }, (one) => one).map((part) => {
    const batch = packedBatch(part);
    return { batch, targets: selectTargets(batch, part, { roles: ['assistant'] }) };
  });
  const totals = molTotals(
    parts.map(({ targets: { roles, sequenceIds } }) => ({ roles, sequenceIds })),
    MIXTURE,
  );
  let gradients: Gradients | undefined;
  let [loss, tokens, targets, logprob] = [0, 0, 0, 0];
  for (const part of parts) {
    const { roles, sequenceIds } = part.targets;
    const { logprobs, backward } = await scoreTargets(model, part.batch, part.targets);
    const own = molLoss({ logprobs, roles, sequenceIds }, { ...MIXTURE, totals });
    gradients = addGradients(gradients, backward({ logprobs: own.logprobGradient }));
    loss += own.loss;
    tokens += part.batch.T;
    targets += logprobs.length;
    logprob += logprobs.reduce((sum, x) => sum + x, 0);
  }
  return { gradients: gradients!, loss, tokens, logprob: logprob / targets }; // a batch has a sequence
}
