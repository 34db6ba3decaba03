import type { Qwen3Config } from '@molrl/qwen3';

/** Of the tokenizer that comes with the base of the main job. */
const VOCABULARY = 512;

const config = (
  sizes: Pick<
    Qwen3Config,
    'hiddenSize' | 'intermediateSize' | 'numHiddenLayers' | 'numAttentionHeads' | 'numKeyValueHeads'
  >,
): Qwen3Config => ({
  ...{ ...sizes, vocabSize: VOCABULARY, headDim: 32, tieWordEmbeddings: true },
  ...{ maxPositionEmbeddings: 1024, ropeTheta: 10_000, rmsNormEps: 1e-6, initializerRange: 0.02 },
  ...{ bosTokenId: 0, eosTokenId: 2, padTokenId: 0 },
});

/** Models that are made here, and how many tokens they learn from. */
export const SIZES = {
  /** 0.86 M parameters, 1.7 MB in bf16: the base of the harder domains. */
  small: {
    config: config({
      ...{ hiddenSize: 128, intermediateSize: 384, numHiddenLayers: 4 },
      ...{ numAttentionHeads: 4, numKeyValueHeads: 2 },
    }),
    tokens: 10e6,
  },
  /** 4.9 M parameters. */
  '5m': {
    config: config({
      ...{ hiddenSize: 256, intermediateSize: 768, numHiddenLayers: 6 },
      ...{ numAttentionHeads: 8, numKeyValueHeads: 4 },
    }),
    tokens: 11e6,
  },
} as const satisfies Record<string, { config: Qwen3Config; tokens: number }>;

export type SizeName = keyof typeof SIZES;
