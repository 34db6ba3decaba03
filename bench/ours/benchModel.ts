import { addLora, createQwen3, type Qwen3 } from '@molrl/qwen3';
import type { Shape } from '../shapes.ts';

/** A model of the shape with random weights, and its adapter where the shape asks for one. */
export function benchModel(shape: Shape): Qwen3 {
  const model = createQwen3(
    {
      vocabSize: shape.vocab,
      hiddenSize: shape.hidden,
      intermediateSize: shape.intermediate,
      numHiddenLayers: shape.layers,
      numAttentionHeads: shape.heads,
      numKeyValueHeads: shape.kvHeads,
      headDim: shape.headDim,
      rmsNormEps: 1e-6,
      ropeTheta: 1e6,
      tieWordEmbeddings: true,
      maxPositionEmbeddings: 4096,
      initializerRange: 0.02,
      bosTokenId: null,
      eosTokenId: null,
      padTokenId: null,
    },
    { seed: 0 },
  );
  if (shape.loraRank > 0) addLora(model, { r: shape.loraRank, alpha: 2 * shape.loraRank });
  return model;
}

/** `rows` x `columns` token ids below `vocab`, the same in every run. */
export function randomIds(rows: number, columns: number, vocab: number): Int32Array {
  const next = uniform(12345);
  return Int32Array.from({ length: rows * columns }, () => Math.floor(next() * vocab));
}

/** Uniform in [0, 1), the same in every run. */
export function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0; // Numerical Recipes' LCG
    return state / 2 ** 32;
  };
}
