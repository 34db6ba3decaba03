import type { Tensor } from '@tensorflow/tfjs-core';
import type { DecodeShape } from '../backend/cpu/decode/decodeWeights.ts';
import { TensorGpuError } from '../base/errors.ts';

/** Weights of one layer, HF layout `[out, in]`. */
export interface DecoderLayer {
  /** `[H]`, as `postNorm`. */
  inputNorm: Tensor;
  /** `[heads * headDim, H]`. */
  q: Tensor;
  /** `[kvHeads * headDim, H]`, as `v`. */
  k: Tensor;
  v: Tensor;
  /** `[H, heads * headDim]`. */
  o: Tensor;
  /** `[headDim]`, as `kNorm`. */
  qNorm: Tensor;
  kNorm: Tensor;
  postNorm: Tensor;
  /** `[I, H]`, as `up`. */
  gate: Tensor;
  up: Tensor;
  /** `[H, I]`. */
  down: Tensor;
}

/** A Qwen3-shaped decoder: float32 tensors on our CPU back end. */
export interface DecoderSpec {
  layers: DecoderLayer[];
  /** `[V, H]`. */
  embed: Tensor;
  /** `[H]`, the norm before the head. */
  norm: Tensor;
  /** `[V, H]`; `embed` itself when they are tied. */
  head: Tensor;
  /** `[positions, headDim / 2]`, as `sin`. */
  cos: Tensor;
  sin: Tensor;
  heads: number;
  kvHeads: number;
  headDim: number;
  /** Of every RMSNorm. */
  eps: number;
}

/** The sizes that follow from the tensors. @throws {TensorGpuError} `option` or `shape` naming what does not fit. */
export function decoderShape(spec: DecoderSpec): DecodeShape {
  const { layers, embed, norm, head, cos, sin, heads, kvHeads, headDim, eps } = spec;
  for (const [name, value] of Object.entries({ heads, kvHeads, headDim })) {
    if (Number.isInteger(value) && value >= 1) continue;
    throw new TensorGpuError(
      'option',
      `createDecoder: ${name} must be an integer >= 1, got ${value}.`,
    );
  }
  if (heads % kvHeads !== 0 || headDim % 2 !== 0) {
    throw new TensorGpuError(
      'option',
      `createDecoder: heads (${heads}) must be a multiple of kvHeads (${kvHeads}), headDim (${headDim}) even.`,
    );
  }
  const [vocabulary = 0, hidden = 0] = embed.shape;
  const intermediate = layers[0]?.gate.shape[0] ?? 1;
  const [positions = 0] = cos.shape;
  assertTensors(
    '',
    { embed, norm, head, cos, sin },
    {
      embed: [vocabulary, hidden],
      norm: [hidden],
      head: [vocabulary, hidden],
      cos: [positions, headDim / 2],
      sin: [positions, headDim / 2],
    },
  );
  const [queries, keys] = [heads * headDim, kvHeads * headDim];
  for (const [index, layer] of layers.entries()) {
    assertTensors(
      `layers[${index}].`,
      { ...layer },
      {
        inputNorm: [hidden],
        q: [queries, hidden],
        k: [keys, hidden],
        v: [keys, hidden],
        o: [hidden, queries],
        qNorm: [headDim],
        kNorm: [headDim],
        postNorm: [hidden],
        gate: [intermediate, hidden],
        up: [intermediate, hidden],
        down: [hidden, intermediate],
      },
    );
  }
  return { hidden, heads, kvHeads, headDim, intermediate, vocabulary, eps };
}

function assertTensors(
  prefix: string,
  tensors: Record<string, Tensor>,
  shapes: Record<string, number[]>,
): void {
  for (const [name, shape] of Object.entries(shapes)) {
    const tensor = tensors[name]!; // every key of shapes is one of tensors
    if (tensor.dtype === 'float32' && String(tensor.shape) === String(shape)) continue;
    throw new TensorGpuError(
      'shape',
      `createDecoder: ${prefix}${name} must be float32 [${shape}], got ${tensor.dtype} [${tensor.shape}].`,
    );
  }
}
