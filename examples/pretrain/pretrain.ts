import { packedBatch, type Qwen3, scoreTargets, selectTargets, type Tokenizer } from '@molrl/qwen3';
import { learningRateSchedule, muon, type Optimizer } from '@molrl/tensor-gpu';
import { dispose } from '@tensorflow/tfjs-core';
import type { Stage, StageStep } from '../trainer/method/stage.ts';
import { type DocumentKind, documentsOf } from './documents/mixture.ts';

/** Tokens of an update. */
export const BATCH = 4096;
/** Of Muon on the matrices, and of AdamW on the rest. */
const [MUON_RATE, ADAMW_RATE] = [0.02, 3e-3];

export interface PretrainOptions {
  model: Qwen3;
  tokenizer: Tokenizer;
  /** The novel as tokens. */
  text: readonly number[];
  updates: number;
  seed: number;
}

/** Muon on the matrices of the layers, AdamW on embedding and norms. */
export const pretrainOptimizer = ({ model }: Pick<PretrainOptions, 'model'>): Optimizer => {
  const isMatrix = (name: string): boolean => name.endsWith('proj.weight');
  return muon(model.trainable(), {
    ...{ learningRate: MUON_RATE, weightDecay: 0.01, decays: isMatrix, matrices: isMatrix },
    adamw: { learningRate: ADAMW_RATE, betas: [0.9, 0.98] },
  });
};

/**
 * Learns to predict every token of documents that are drawn fresh for each update. Yields after every update.
 *
 *     L = mean over all tokens of -log p(token)
 */
export async function* pretrain(stage: Stage, options: PretrainOptions): AsyncGenerator<StageStep> {
  const { model, updates, seed } = options;
  const schedule = learningRateSchedule({
    ...{ type: 'linear', totalSteps: updates, warmupSteps: Math.min(50, updates - 1) },
    ...{ decayFrom: 0.5, minRatio: 0.01 },
  });
  for (let step = stage.step; step < updates; step++) {
    const started = performance.now();
    const documents = documentsOf({ seed, step, tokens: BATCH }, options);
    const batch = packedBatch(documents);
    const targets = selectTargets(batch, documents);
    const { logprobs, backward } = await scoreTargets(model, batch, targets);
    const gradients = backward({ logprobs: logprobs.map(() => -1 / logprobs.length) });
    const { gradNorm } = await stage.move(gradients, {
      learningRate: MUON_RATE * schedule(step),
      maxGradNorm: 1,
    });
    dispose(gradients);
    stage.endUpdate();

    const seconds = (performance.now() - started) / 1000;
    const kinds = Array.from(targets.sequenceIds, (i) => documents[i]!.kind); // a document each
    yield {
      step: step + 1,
      of: updates,
      metrics: {
        loss: -mean(logprobs),
        ...byKind(kinds, logprobs),
        grad_norm: gradNorm,
        learning_rate: MUON_RATE * schedule(step),
        'perf/tokens_per_s': batch.T / seconds,
      },
    };
  }
}

/** Nats per token of each kind of document. */
function byKind(kinds: readonly DocumentKind[], logprobs: Float32Array): Record<string, number> {
  const own = (kind: DocumentKind): number => -mean(logprobs.filter((_, i) => kinds[i] === kind));
  return Object.fromEntries([...new Set(kinds)].sort().map((kind) => [`loss/${kind}`, own(kind)]));
}

const mean = (values: Float32Array): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
