import type { Tensor } from '@tensorflow/tfjs-core';
import type { DecoderLayer, DecoderShape, DecoderWeights } from '../backend/decoderWeights.ts';
import { TensorGpuError } from '../base/errors.ts';
import { knownOptions } from '../base/knownOptions.ts';

/** A decoder: its weights, float32 tensors on the current back end, and the numbers that they do not tell. */
export interface DecoderSpec extends DecoderWeights {
  /** Heads of the queries, a multiple of `kvHeads`. */
  heads: number;
  /** Heads of the keys and values. */
  kvHeads: number;
  /** Width of a head, even. */
  headDim: number;
  /** Of every RMS norm. */
  eps: number;
  /**
   * A name for the values of the weights, for a cache that is kept from call to call. Default: `weightVersion` of the
   * tensors. Give one where tensors are made anew from the same values.
   */
  version?: string | undefined;
}

/** Every weight that a layer can have. */
const LAYER_WEIGHTS = [
  ...['inputNorm', 'q', 'k', 'v', 'qBias', 'kBias', 'vBias', 'o', 'qNorm', 'kNorm'],
  ...['cos', 'sin', 'postNorm', 'gate', 'up', 'down'],
];

/** The sizes that follow from the tensors. @throws {TensorGpuError} `option` or `shape` naming what does not fit. */
export function decoderShape(spec: DecoderSpec): DecoderShape {
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
    knownOptions<DecoderLayer>(`createDecoder, layers[${index}]`, layer, LAYER_WEIGHTS); // a misspelt bias would be none
    assertTensors(
      `layers[${index}].`,
      { ...layer },
      {
        inputNorm: [hidden],
        q: [queries, hidden],
        k: [keys, hidden],
        v: [keys, hidden],
        ...(layer.qBias && { qBias: [queries] }),
        ...(layer.kBias && { kBias: [keys] }),
        ...(layer.vBias && { vBias: [keys] }),
        o: [hidden, queries],
        ...(layer.qNorm && { qNorm: [headDim] }),
        ...(layer.kNorm && { kNorm: [headDim] }),
        ...((layer.cos || layer.sin) && {
          cos: [positions, headDim / 2], // one without the other would mix two rotations
          sin: [positions, headDim / 2],
        }),
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
  tensors: Record<string, Tensor | undefined>,
  shapes: Record<string, number[]>,
): void {
  for (const [name, shape] of Object.entries(shapes)) {
    const tensor = tensors[name];
    if (tensor?.dtype === 'float32' && String(tensor.shape) === String(shape)) continue;
    throw new TensorGpuError(
      'shape',
      `createDecoder: ${prefix}${name} must be float32 [${shape}], got ${tensor === undefined ? 'none' : `${tensor.dtype} [${tensor.shape}]`}.`,
    );
  }
}
