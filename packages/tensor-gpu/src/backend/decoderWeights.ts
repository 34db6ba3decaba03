import type { Tensor } from '@tensorflow/tfjs-core';

/**
 * Weights of one layer, matrices `[out, in]` as Hugging Face stores them: RMS norm, grouped-query attention with rotary
 * positions, RMS norm, gated MLP. What a model has not is left out.
 *
 *     a = norm(h, inputNorm)    q, k, v = a q^T + qBias, a k^T + kBias, a v^T + vBias
 *     h += attention(rope(norm(q, qNorm)), rope(norm(k, kNorm)), v) o^T        qNorm, kNorm: over each head
 *     m = norm(h, postNorm)     h += (silu(m gate^T) * (m up^T)) down^T
 */
export interface DecoderLayer<T = Tensor> {
  /** `[H]`, as `postNorm`. */
  inputNorm: T;
  /** `[heads * headDim, H]`. */
  q: T;
  /** `[kvHeads * headDim, H]`, as `v`. */
  k: T;
  v: T;
  /** `[heads * headDim]`. Default: none. */
  qBias?: T | undefined;
  /** `[kvHeads * headDim]`, as `vBias`. Default: none. */
  kBias?: T | undefined;
  vBias?: T | undefined;
  /** `[H, heads * headDim]`. */
  o: T;
  /** `[headDim]`, as `kNorm`. Default: queries and keys are not normed. */
  qNorm?: T | undefined;
  kNorm?: T | undefined;
  /**
   * `[positions, headDim / 2]`, as `sin`: rotary tables of this layer alone. Default: those of the decoder. A layer without
   * rotary positions has ones and zeros.
   */
  cos?: T | undefined;
  sin?: T | undefined;
  postNorm: T;
  /** `[I, H]`, as `up`. */
  gate: T;
  up: T;
  /** `[H, I]`. */
  down: T;
}

/** Weights of a decoder. */
export interface DecoderWeights<T = Tensor> {
  layers: DecoderLayer<T>[];
  /** `[V, H]`. */
  embed: T;
  /** `[H]`, the norm before the head. */
  norm: T;
  /** `[V, H]`; `embed` itself when they are tied. */
  head: T;
  /** `[positions, headDim / 2]`, as `sin`. */
  cos: T;
  sin: T;
}

/** The sizes of a decoder. */
export interface DecoderShape {
  hidden: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  intermediate: number;
  vocabulary: number;
  /** Of every RMS norm. */
  eps: number;
}

/** The weights, each replaced; what a layer has not stays left out. */
export function mapWeights<From, To>(
  { layers, embed, norm, head, cos, sin }: DecoderWeights<From>,
  map: (weight: From) => To,
): DecoderWeights<To> {
  const optional = (weight: From | undefined) => (weight === undefined ? undefined : map(weight));
  return {
    layers: layers.map((layer) => ({
      inputNorm: map(layer.inputNorm),
      q: map(layer.q),
      k: map(layer.k),
      v: map(layer.v),
      qBias: optional(layer.qBias),
      kBias: optional(layer.kBias),
      vBias: optional(layer.vBias),
      o: map(layer.o),
      qNorm: optional(layer.qNorm),
      kNorm: optional(layer.kNorm),
      cos: optional(layer.cos),
      sin: optional(layer.sin),
      postNorm: map(layer.postNorm),
      gate: map(layer.gate),
      up: map(layer.up),
      down: map(layer.down),
    })),
    embed: map(embed),
    norm: map(norm),
    head: map(head),
    cos: map(cos),
    sin: map(sin),
  };
}
