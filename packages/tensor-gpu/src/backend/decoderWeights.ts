import type { Tensor } from '@tensorflow/tfjs-core';
import type { Weight } from '../weights/mappedTensor.ts';

/**
 * A low-rank change of a matrix W: the product is `(x W^T + scaling (x A^T) B^T) * lengths`, the matrices are never
 * added up.
 */
export interface LoraFactors<Vector = Tensor> {
  /** A, `[rank, in]`. */
  a: Vector;
  /** B, `[out, rank]`. */
  b: Vector;
  rank: number;
  /** `alpha / rank`, or `alpha / sqrt(rank)` for rank-stabilised adapters. */
  scaling: number;
  /** `[out]`, DoRA's `m / ||W + scaling B A||` of each row. Default: none. */
  lengths?: Vector | undefined;
}

/** The matrices of a layer, those of its experts one below the other. */
export type LayerMatrix = 'q' | 'k' | 'v' | 'o' | 'gate' | 'up' | 'down';

/**
 * What sends a token to its experts: the `perToken` most probable of `softmax(m router^T)`. What they give is weighed with their
 * probabilities, divided by their sum where `isNormed`.
 */
export interface DecoderExperts<Matrix = Weight> {
  count: number;
  perToken: number;
  isNormed: boolean;
  /** `[count, H]`. */
  router: Matrix;
}

/**
 * Weights of one layer, matrices `[out, in]` as Hugging Face stores them: RMS norm, grouped-query attention with rotary
 * positions, RMS norm, gated MLP. What a model has not is left out.
 *
 *     a = norm(h, inputNorm)    q, k, v = a q^T + qBias, a k^T + kBias, a v^T + vBias
 *     h += attention(rope(norm(q, qNorm)), rope(norm(k, kNorm)), v) o^T        qNorm, kNorm: over each head
 *     m = norm(h, postNorm)     h += (silu(m gate^T) * (m up^T)) down^T
 */
export interface DecoderLayer<Matrix = Weight, Vector = Tensor> {
  /** `[H]`, as `postNorm`. */
  inputNorm: Vector;
  /** `[heads * headDim, H]`. */
  q: Matrix;
  /** `[kvHeads * headDim, H]`, as `v`. */
  k: Matrix;
  v: Matrix;
  /** `[heads * headDim]`. Default: none. */
  qBias?: Vector | undefined;
  /** `[kvHeads * headDim]`, as `vBias`. Default: none. */
  kBias?: Vector | undefined;
  vBias?: Vector | undefined;
  /** `[H, heads * headDim]`. */
  o: Matrix;
  /** `[headDim]`, as `kNorm`. Default: queries and keys are not normed. */
  qNorm?: Vector | undefined;
  kNorm?: Vector | undefined;
  /**
   * `[positions, headDim / 2]`, as `sin`: rotary tables of this layer alone. Default: those of the decoder. A layer without
   * rotary positions has ones and zeros.
   */
  cos?: Vector | undefined;
  sin?: Vector | undefined;
  /** A token sees itself and the `window - 1` tokens before it. Default: all of them. */
  window?: number | undefined;
  postNorm: Vector;
  /** `[I, H]`, as `up`; of a layer with experts theirs, one below the other: `[count * I, H]`. */
  gate: Matrix;
  up: Matrix;
  /** `[H, I]`, or `[count * H, I]`. */
  down: Matrix;
  /** Each token goes through some of several MLPs; on devices that know it (`canDecode`). Default: through the only one. */
  experts?: DecoderExperts<Matrix> | undefined;
  /**
   * Adapters that are on, by the matrix that they change. Default: none. Of experts A lies one below the other as well,
   * `[count * rank, in]`, as B and the lengths of rows do: an expert without one has zeros, and ones.
   */
  lora?: Partial<Record<LayerMatrix, LoraFactors<Vector>>> | undefined;
}

/** Weights of a decoder. */
export interface DecoderWeights<Matrix = Weight, Vector = Tensor> {
  layers: DecoderLayer<Matrix, Vector>[];
  /** `[V, H]`. */
  embed: Matrix;
  /** `[H]`, the norm before the head. */
  norm: Vector;
  /** `[V, H]`; `embed` itself when they are tied. */
  head: Matrix;
  /** `[positions, headDim / 2]`, as `sin`. */
  cos: Vector;
  sin: Vector;
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
export function mapWeights<FromMatrix, FromVector, Matrix, Vector>(
  { layers, embed, norm, head, cos, sin }: DecoderWeights<FromMatrix, FromVector>,
  { matrix, vector }: { matrix(from: FromMatrix): Matrix; vector(from: FromVector): Vector },
): DecoderWeights<Matrix, Vector> {
  const optional = (from: FromVector | undefined) =>
    from === undefined ? undefined : vector(from);
  const adapters = (lora: DecoderLayer<FromMatrix, FromVector>['lora'] = {}) =>
    Object.fromEntries(
      Object.entries(lora).map(([name, { a, b, lengths, ...rest }]) => [
        name,
        { ...rest, a: vector(a), b: vector(b), lengths: optional(lengths) },
      ]),
    );
  return {
    layers: layers.map((layer) => ({
      inputNorm: vector(layer.inputNorm),
      q: matrix(layer.q),
      k: matrix(layer.k),
      v: matrix(layer.v),
      qBias: optional(layer.qBias),
      kBias: optional(layer.kBias),
      vBias: optional(layer.vBias),
      o: matrix(layer.o),
      qNorm: optional(layer.qNorm),
      kNorm: optional(layer.kNorm),
      cos: optional(layer.cos),
      sin: optional(layer.sin),
      window: layer.window,
      postNorm: vector(layer.postNorm),
      gate: matrix(layer.gate),
      up: matrix(layer.up),
      down: matrix(layer.down),
      experts: layer.experts && { ...layer.experts, router: matrix(layer.experts.router) },
      lora: adapters(layer.lora),
    })),
    embed: matrix(embed),
    norm: vector(norm),
    head: matrix(head),
    cos: vector(cos),
    sin: vector(sin),
  };
}
