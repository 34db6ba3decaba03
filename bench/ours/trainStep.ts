import { scoreTargets, tokenBatch } from '@molrl/qwen3';
import { adamw } from '@molrl/tensor-gpu';
import { dispose } from '@tensorflow/tfjs-core';
import type { Shape } from '../shapes.ts';
import { benchModel, randomIds } from './benchModel.ts';

/** One optimiser step: forward, cross-entropy over all tokens, backward, AdamW. */
export function trainStep(
  shape: Shape,
  options: { learningRate: number; maxGradNorm?: number },
): () => Promise<void> {
  const { trainBatch: B, trainLength: T } = shape;
  const model = benchModel(shape);
  const optimizer = adamw(model.trainable(), { learningRate: options.learningRate });
  const ids = randomIds(B, T + 1, shape.vocab);
  const row = (b: number, from: number): Int32Array =>
    ids.subarray(b * (T + 1) + from, b * (T + 1) + from + T);
  const rows = (from: number): Int32Array[] => Array.from({ length: B }, (_, b) => row(b, from));
  const batch = tokenBatch(
    rows(0).map((sequence) => ({ ids: sequence })),
    { padId: 0 },
  );
  // Every position predicts, the last of a row too: its target is the token after it.
  const targets = {
    rows: Int32Array.from({ length: B * T }, (_, i) => i),
    ids: Int32Array.from(rows(1).flatMap((sequence) => [...sequence])),
  };
  const gradient = new Float32Array(B * T).fill(-1 / (B * T)); // of the mean cross-entropy

  return async () => {
    const scored = await scoreTargets(model, batch, targets);
    const gradients = scored.backward({ logprobs: gradient });
    await optimizer.step(gradients, { maxGradNorm: options.maxGradNorm });
    dispose(gradients);
  };
}
