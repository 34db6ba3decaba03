import * as tf from '@tensorflow/tfjs-core';
import type { DecoderLayer, DecoderWeights } from '../backend/decoderWeights.ts';
import type { DecoderSpec } from './decoderSpec.ts';

/** A decoder whose matrices are tensors, too. */
export type TensorSpec = DecoderSpec & DecoderWeights<tf.Tensor>;
export type TensorLayer = DecoderLayer<tf.Tensor>;

interface DecoderSize {
  hidden: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  intermediate: number;
  vocabulary: number;
}

/** Sizes that no vector divides. */
export const SMALL: DecoderSize = {
  hidden: 40,
  heads: 4,
  kvHeads: 2,
  headDim: 6,
  intermediate: 56,
  vocabulary: 67,
};
export const WIDE: DecoderSize = {
  hidden: 72,
  heads: 3,
  kvHeads: 1,
  headDim: 48,
  intermediate: 300,
  vocabulary: 130,
};
const POSITIONS = 96;
const EPS = 1e-6;

/** A decoder with random weights, the same each time: what tests sample from. */
export function randomSpec(size: DecoderSize): TensorSpec {
  const { hidden, heads, kvHeads, headDim, intermediate, vocabulary } = size;
  let seed = 0;
  const normal = (shape: number[], scale: number, mean = 0) =>
    tf.randomNormal(shape, mean, scale, 'float32', ++seed);
  const matrix = (rows: number, columns: number) => normal([rows, columns], 1 / Math.sqrt(columns));
  const layer = () => ({
    inputNorm: normal([hidden], 0.2, 1),
    q: matrix(heads * headDim, hidden),
    k: matrix(kvHeads * headDim, hidden),
    v: matrix(kvHeads * headDim, hidden),
    o: matrix(hidden, heads * headDim),
    qNorm: normal([headDim], 0.2, 1),
    kNorm: normal([headDim], 0.2, 1),
    postNorm: normal([hidden], 0.2, 1),
    gate: matrix(intermediate, hidden),
    up: matrix(intermediate, hidden),
    down: matrix(hidden, intermediate),
  });
  const angles = Array.from({ length: POSITIONS }, (_, p) =>
    Array.from({ length: headDim / 2 }, (_, i) => p * 1e4 ** ((-2 * i) / headDim)),
  );
  const embed = normal([vocabulary, hidden], 0.3);
  const cos = tf.tensor2d(angles.map((row) => row.map(Math.cos)));
  const sin = tf.tensor2d(angles.map((row) => row.map(Math.sin)));
  const norm = normal([hidden], 0.2, 1);
  return {
    layers: [layer(), layer()],
    embed,
    head: embed,
    norm,
    cos,
    sin,
    heads,
    kvHeads,
    headDim,
    eps: EPS,
  };
}

/** A prompt of so many tokens. */
export const prompt = (length: number, vocabulary: number): Int32Array =>
  Int32Array.from({ length }, (_, i) => (i * 13 + length * 7) % vocabulary);
export const PROMPTS: Int32Array[] = [1, 33, 5, 17].map((length) => prompt(length, 67));
