import type { Qwen3Config } from './qwen3Config.ts';
import { TINY_CONFIG } from './tinyConfig.ts';

/** One toy model per family, each with all that the family can have: for tests. */
export const FAMILY_CONFIGS: Record<string, Qwen3Config> = {
  'qwen3 with biases and YaRN': {
    ...TINY_CONFIG,
    attentionBias: true,
    ropeScaling: { ropeType: 'yarn', factor: 4, originalMaxPositionEmbeddings: 16 },
  },
  'llama with llama3 RoPE': {
    ...TINY_CONFIG,
    modelType: 'llama',
    ropeScaling: {
      ...{ ropeType: 'llama3', factor: 8, lowFreqFactor: 1, highFreqFactor: 4 },
      originalMaxPositionEmbeddings: 16,
    },
  },
  'llama with biases everywhere': {
    ...TINY_CONFIG,
    ...{ modelType: 'llama', attentionBias: true, mlpBias: true, tieWordEmbeddings: false },
  },
  'qwen2 with linear RoPE': {
    ...TINY_CONFIG,
    modelType: 'qwen2',
    ropeScaling: { ropeType: 'linear', factor: 2 },
  },
  'qwen3 with a window in its last layer': {
    ...TINY_CONFIG,
    ...{ slidingWindow: 3, layerTypes: ['full_attention', 'sliding_attention'] },
  },
  mistral: { ...TINY_CONFIG, modelType: 'mistral', slidingWindow: 4 },
  smollm3: { ...TINY_CONFIG, modelType: 'smollm3', noRopeLayers: [1, 0] },
  'qwen3_moe with a dense layer': {
    ...TINY_CONFIG,
    modelType: 'qwen3_moe',
    numHiddenLayers: 3,
    moe: {
      ...{ numExperts: 5, numExpertsPerTok: 2, moeIntermediateSize: 8, normTopkProb: true },
      ...{ decoderSparseStep: 1, mlpOnlyLayers: [1], routerAuxLossCoef: 0.01 },
    },
  },
};
