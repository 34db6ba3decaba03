import { molLoss, molTotals } from '@molrl/mol-loss';
import { addGradients, type Gradients, packedBatch, selectTargets } from '@molrl/qwen3';
import { dispose } from '@tensorflow/tfjs-core';
import { itemOfEpochs } from './epochs.ts';
import type { Learner, Sequence } from './learner.ts';
import { microBatches } from './microBatches.ts';
import { score } from './score.ts';
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
    const { gradients, loss, tokens, logprob } = await crossEntropy(learner, sequences);
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
async function crossEntropy(learner: Learner, sequences: readonly Sequence[]) {
  const parts = microBatches(sequences, { tokens: learner.tokensPerPass }, (one) => [one]).map(
    (part) => {
      const batch = packedBatch(part);
      const targets = selectTargets(batch, part, { roles: ['assistant'] });
      return { batch, targets, sequences: part };
    },
  );
  const totals = molTotals(
    parts.map(({ targets: { roles, sequenceIds } }) => ({ roles, sequenceIds })),
    MIXTURE,
  );
  let gradients: Gradients | undefined;
  let [loss, tokens, targets, logprob] = [0, 0, 0, 0];
  for (const part of parts) {
    const { roles, sequenceIds } = part.targets;
    const { logprobs, backward } = await score(learner, part);
    const own = molLoss({ logprobs, roles, sequenceIds }, { ...MIXTURE, totals });
    gradients = addGradients(gradients, backward({ logprobs: own.logprobGradient }));
    loss += own.loss;
    tokens += part.batch.T;
    targets += logprobs.length;
    logprob += logprobs.reduce((sum, x) => sum + x, 0);
  }
  return { gradients: gradients!, loss, tokens, logprob: logprob / targets }; // a batch has a sequence
}
