import { adamw, lmHead, record } from '@molrl/tensor-gpu';
import { mean, neg, reshape, scalar, type Tensor, tensor1d, tensor2d } from '@tensorflow/tfjs-core';
import type { Shape } from '../shapes.ts';
import { benchModel, randomIds } from './benchModel.ts';

/** One optimiser step: forward, cross-entropy over all tokens, backward, AdamW. */
export function trainStep(
  shape: Shape,
  options: { learningRate: number; maxGradNorm?: number },
): () => Promise<void> {
  const { trainBatch: B, trainLength: T } = shape;
  const model = benchModel(shape);
  const parameters = model.trainable();
  const names = Object.keys(parameters);
  const optimizer = adamw(parameters, { learningRate: options.learningRate });
  const ids = randomIds(B, T + 1, shape.vocab);
  const row = (b: number, from: number): Int32Array =>
    ids.subarray(b * (T + 1) + from, b * (T + 1) + from + T);
  const rows = (from: number): number[] =>
    Array.from({ length: B }, (_, b) => [...row(b, from)]).flat();
  const inputIds = tensor2d(rows(0), [B, T], 'int32');
  const targets = tensor1d(rows(1), 'int32');
  const one = scalar(1);

  return async () => {
    const { value: loss, tape } = record(() => {
      const hidden = reshape(model.forward({ inputIds }), [B * T, shape.hidden]);
      return neg(mean(lmHead(hidden, model.head(), targets).logprobs)) as Tensor;
    });
    const gradients = tape.backward([[loss, one]], Object.values(parameters));
    await optimizer.step(Object.fromEntries(names.map((name, i) => [name, gradients[i]!])), {
      maxGradNorm: options.maxGradNorm,
    });
    for (const tensor of [loss, ...gradients]) tensor.dispose();
  };
}
