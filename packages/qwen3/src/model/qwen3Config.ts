/**
 * What the forward pass needs to know of a dense Qwen3 model: the names of Hugging Face's `config.json`
 * in camelCase.
 */
export interface Qwen3Config {
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
