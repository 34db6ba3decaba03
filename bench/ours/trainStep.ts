import { type Qwen3, scoreTargets, tokenBatch } from '@molrl/qwen3';
import { adamw } from '@molrl/tensor-gpu';
import { dispose } from '@tensorflow/tfjs-core';
import type { Shape } from '../shapes.ts';
import { benchModel, randomIds } from './benchModel.ts';

/** Options of a step. */
export interface TrainOptions {
  learningRate: number;
  maxGradNorm?: number;
  weightDecay?: number;
}

/** Rows of random ids, and the token after each of them: `[batch, length]`, row by row. */
export function trainTokens({ trainBatch: B, trainLength: T, vocab }: Shape): {
  ids: Int32Array;
  next: Int32Array;
} {
  const drawn = randomIds(B, T + 1, vocab);
  const from = (first: number): Int32Array =>
    Int32Array.from({ length: B * T }, (_, i) => drawn[i + Math.floor(i / T) + first]!);
  return { ids: from(0), next: from(1) };
}

/** One optimiser step: forward, cross-entropy over all tokens, backward, AdamW. */
export function trainStep(shape: Shape, options: TrainOptions): () => Promise<void> {
  const step = trainModel(benchModel(shape), shape, options);
  return async () => {
    await step();
  };
}

/** The same of a given model: each call gives the loss before its update. */
export function trainModel(
  model: Qwen3,
  shape: Shape,
  { learningRate, maxGradNorm, weightDecay }: TrainOptions,
): () => Promise<number> {
  const { trainBatch: B, trainLength: T } = shape;
  const optimizer = adamw(model.trainable(), { learningRate, weightDecay });
  const { ids, next } = trainTokens(shape);
  const batch = tokenBatch(
    Array.from({ length: B }, (_, b) => ({ ids: ids.subarray(b * T, (b + 1) * T) })),
    { padId: 0 },
  );
  // Every position predicts, the last of a row too: its target is the token after it.
  const targets = { rows: Int32Array.from({ length: B * T }, (_, i) => i), ids: next };
  const gradient = new Float32Array(B * T).fill(-1 / (B * T)); // of the mean cross-entropy

  return async () => {
    const scored = await scoreTargets(model, batch, targets);
    const gradients = scored.backward({ logprobs: gradient });
    await optimizer.step(gradients, { maxGradNorm });
    dispose(gradients);
    return -scored.logprobs.reduce((sum, logprob) => sum + logprob, 0) / (B * T);
  };
}
