import type { ModelType } from './modelTypes.ts';
import type { RopeScaling } from './ropeScaling.ts';

/** A layer's MLP as a mixture of experts: a router sends each token to a few of them. */
export interface MoeConfig {
  numExperts: number;
  /** Experts that a token goes through, k. */
  numExpertsPerTok: number;
  /** Width of an expert. */
  moeIntermediateSize: number;
  /** The k probabilities are divided by their sum. */
  normTopkProb: boolean;
  /** Every so many layers has experts (the last of each so many); the others are dense. */
  decoderSparseStep: number;
  /** Layers that are dense all the same. */
  mlpOnlyLayers: readonly number[];
  /** What the load-balancing loss is weighed with where a trainer adds it; the forward pass does not. */
  routerAuxLossCoef: number;
}

/** What a layer's tokens attend to, by transformers' names. */
export type LayerType = 'full_attention' | 'sliding_attention';

/**
 * What the forward pass needs to know of a model: the names of Hugging Face's `config.json` in camelCase. Without the
 * optional fields it is a dense Qwen3.
 */
export interface Qwen3Config {
  /** Which family: it decides whether queries and keys are normed, and which of the fields below may be set. Default `'qwen3'`. */
  modelType?: ModelType | undefined;
  vocabSize: number;
  hiddenSize: number;
  /** Width of the MLP. */
  intermediateSize: number;
  numHiddenLayers: number;
  numAttentionHeads: number;
  /** Each key/value head serves `numAttentionHeads / numKeyValueHeads` query heads. */
  numKeyValueHeads: number;
  /** Even. `numAttentionHeads * headDim` need not be `hiddenSize`. */
  headDim: number;
  rmsNormEps: number;
  ropeTheta: number;
  /** Rotary positions beyond the trained length. Default: none. */
  ropeScaling?: RopeScaling | undefined;
  /** Per layer, 1: rotary positions, 0: none (`no_rope_layers` of SmolLM3). Default: all have them. */
  noRopeLayers?: readonly number[] | undefined;
  /** A token attends to itself and the `slidingWindow - 1` tokens before it. Default: to all before it. */
  slidingWindow?: number | undefined;
  /** Which layers have that window, `'sliding_attention'`. Default: every one. */
  layerTypes?: readonly LayerType[] | undefined;
  /** q, k, v and o have biases. Default false. (Qwen2's q, k, v have them in any case.) */
  attentionBias?: boolean | undefined;
  /** gate, up and down have biases. Default false. */
  mlpBias?: boolean | undefined;
  /** Experts (`modelType` `'qwen3_moe'`). Default: none, every layer is dense. */
  moe?: MoeConfig | undefined;
  /** The output head is the embedding matrix. */
  tieWordEmbeddings: boolean;
  /** Longest sequence the model was made for, in tokens. Not enforced. */
  maxPositionEmbeddings: number;
  /** Standard deviation of freshly drawn weights. */
  initializerRange: number;
  bosTokenId: number | null;
  /** A list where the model has several stop tokens. */
  eosTokenId: number | number[] | null;
  /** This row of the embedding gets no gradient, as in PyTorch. */
  padTokenId: number | null;
}
