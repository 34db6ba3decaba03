import {
  createDecoder,
  type QuantizedDtype,
  quantize,
  storedTensor,
  type Weight,
} from '@molrl/tensor-gpu';
import { ones, tensor2d } from '@tensorflow/tfjs-core';
import type { Shape } from '../shapes.ts';
import { randomIds, uniform } from './benchModel.ts';

interface DecodeShape extends Shape {
  weights: 'f32' | 'bf16' | QuantizedDtype;
}

/** Samples `newTokens` for each of `sampleBatch` prompts from a decoder whose matrices are frozen, in their stored type. */
export function decodeTokens(shape: DecodeShape): () => Promise<void> {
  const { sampleBatch, promptLength, newTokens, vocab } = shape;
  const decoder = createDecoder(specOf(shape));
  const ids = randomIds(sampleBatch, promptLength, vocab);
  const prompts = Array.from({ length: sampleBatch }, (_, row) =>
    ids.slice(row * promptLength, (row + 1) * promptLength),
  );
  const seeds = prompts.map((_, row) => row);
  return async () => {
    await decoder.generate({
      ...{ prompts, seeds, numGenerations: 1, maxTokens: newTokens, temperature: 1, eosIds: [] },
    });
  };
}

function specOf(shape: DecodeShape): Parameters<typeof createDecoder>[0] {
  const { hidden, heads, kvHeads, headDim, intermediate, vocab, promptLength, newTokens } = shape;
  const [queries, keys] = [heads * headDim, kvHeads * headDim];
  const matrix = (rows: number, columns: number) => randomWeight([rows, columns], shape.weights);
  const [norm, headNorm] = [ones([hidden]), ones([headDim])];
  const layers = Array.from({ length: shape.layers }, () => ({
    inputNorm: norm,
    q: matrix(queries, hidden),
    k: matrix(keys, hidden),
    v: matrix(keys, hidden),
    o: matrix(hidden, queries),
    qNorm: headNorm,
    kNorm: headNorm,
    postNorm: norm,
    gate: matrix(intermediate, hidden),
    up: matrix(intermediate, hidden),
    down: matrix(hidden, intermediate),
  }));
  const angles = Array.from({ length: promptLength + newTokens }, (_, position) =>
    Array.from({ length: headDim / 2 }, (_, i) => position * 1e6 ** ((-2 * i) / headDim)),
  );
  const embed = matrix(vocab, hidden);
  const cos = tensor2d(angles.map((row) => row.map(Math.cos)));
  const sin = tensor2d(angles.map((row) => row.map(Math.sin)));
  return { layers, embed, norm, head: embed, cos, sin, heads, kvHeads, headDim, eps: 1e-6 };
}

const next = uniform(1);

/** Uniform numbers with the standard deviation of a fresh model, 0.02. */
function randomWeight(shape: [number, number], type: DecodeShape['weights']): Weight {
  const values = new Float32Array(shape[0] * shape[1]);
  for (let i = 0; i < values.length; i++) values[i] = (next() - 0.5) * 0.02 * Math.sqrt(12);
  if (type === 'f32') return storedTensor(values, { shape, dtype: 'f32' });
  if (type !== 'bf16') return quantize(storedTensor(values, { shape, dtype: 'f32' }), type);
  const words = new Uint16Array(values.buffer);
  const upper = Uint16Array.from({ length: values.length }, (_, i) => words[2 * i + 1]!); // cut, not rounded
  return storedTensor(upper, { shape, dtype: 'bf16' });
}
