import type { Qwen3Config } from './qwen3Config.ts';

/**
 * Sizes of a toy model, for tests and first steps: 4 thousand parameters, grouped heads, heads wider than the hidden
 * state. Nothing was trained with it.
 */
export const TINY_CONFIG: Qwen3Config = {
  vocabSize: 37,
  hiddenSize: 12,
  intermediateSize: 20,
  numHiddenLayers: 2,
  numAttentionHeads: 4,
  numKeyValueHeads: 2,
  headDim: 6,
  rmsNormEps: 1e-6,
  ropeTheta: 10_000,
  tieWordEmbeddings: true,
  maxPositionEmbeddings: 64,
  initializerRange: 0.3,
  bosTokenId: null,
  eosTokenId: null,
  padTokenId: null,
};
