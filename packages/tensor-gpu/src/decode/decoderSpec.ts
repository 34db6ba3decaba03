import type {
  DecoderLayer,
  DecoderShape,
  DecoderWeights,
  LayerMatrix,
} from '../backend/decoderWeights.ts';
import { TensorGpuError } from '../base/errors.ts';
import { knownOptions } from '../base/knownOptions.ts';
import { MappedTensor, type Weight } from '../weights/mappedTensor.ts';

/**
 * A decoder: its weights and the numbers that they do not tell. Vectors and adapters are float32 tensors on the current back
 * end; matrices may be, or frozen weights of any stored type.
 */
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
   * tensors. Give one where tensors are made anew from the same values. Sizes, windows, scalings and `eps` count beside it.
   */
  version?: string | undefined;
}

/** Every weight that a layer can have. */
const LAYER_WEIGHTS = [
  ...['inputNorm', 'q', 'k', 'v', 'qBias', 'kBias', 'vBias', 'o', 'qNorm', 'kNorm'],
  ...['cos', 'sin', 'window', 'postNorm', 'gate', 'up', 'down', 'experts', 'lora'],
];

/** The matrices that an adapter may change. */
const ADAPTED: readonly LayerMatrix[] = ['q', 'k', 'v', 'o', 'gate', 'up', 'down'];

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
  const dense = layers.find((layer) => !layer.experts);
  const intermediate = dense?.gate.shape[0] ?? 1;
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
    const { lora, experts, window, ...weights } = layer;
    if (window !== undefined) assertWindow(`layers[${index}].window`, window);
    const count = experts ? assertExperts(`layers[${index}]`, layer, hidden) : 1;
    assertLora(`layers[${index}].lora`, layer);
    const inner = experts ? Math.floor((layer.gate.shape[0] ?? 0) / count) : intermediate;
    assertTensors(`layers[${index}].`, weights, {
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
      gate: [count * inner, hidden],
      up: [count * inner, hidden],
      down: [count * hidden, inner],
    });
  }
  return { hidden, heads, kvHeads, headDim, intermediate, vocabulary, eps };
}

function assertWindow(name: string, window: number): void {
  if (Number.isInteger(window) && window >= 1 && window <= 2 ** 30) return;
  throw new TensorGpuError(
    'option',
    `createDecoder: ${name} must be an integer in [1, 2^30], got ${window}.`,
  );
}

/** The matrices that each expert has. */
const OF_EXPERTS: readonly LayerMatrix[] = ['gate', 'up', 'down'];

function assertLora(name: string, { lora = {}, experts, ...layer }: DecoderLayer): void {
  knownOptions(`createDecoder, ${name}`, lora, ADAPTED);
  for (const key of ADAPTED) {
    const factors = lora[key];
    if (factors === undefined) continue;
    const { a, b, rank, scaling, lengths } = factors;
    if (!Number.isInteger(rank) || rank < 1 || !Number.isFinite(scaling))
      throw new TensorGpuError(
        'option',
        `createDecoder: ${name}.${key} must have a whole rank >= 1 and a finite scaling, got ${rank} and ${scaling}.`,
      );
    const [outputs = 0, inputs = 0] = layer[key].shape;
    const count = experts && OF_EXPERTS.includes(key) ? experts.count : 1;
    assertTensors(
      `${name}.${key}.`,
      { a, b, lengths },
      { a: [count * rank, inputs], b: [outputs, rank], ...(lengths && { lengths: [outputs] }) },
    );
  }
}

/** @returns How many there are. */
function assertExperts(name: string, { experts }: DecoderLayer, hidden: number): number {
  const { count, perToken, router } = experts!; // the caller has asked
  const fits = Number.isInteger(count) && Number.isInteger(perToken) && perToken >= 1;
  if (!fits || perToken > count)
    throw new TensorGpuError(
      'option',
      `createDecoder: ${name}.experts must have whole numbers with 1 <= perToken <= count, got ${perToken} and ${count}.`,
    );
  assertTensors(`${name}.experts.`, { router }, { router: [count, hidden] });
  return count;
}

/** The weights that may be frozen ones of any type. */
const MATRICES: readonly string[] = [...ADAPTED, 'embed', 'head', 'router'];

function assertTensors(
  prefix: string,
  tensors: Readonly<Record<string, Weight | undefined>>,
  shapes: Record<string, number[]>,
): void {
  for (const [name, shape] of Object.entries(shapes)) {
    const tensor = tensors[name];
    const isMatrix = MATRICES.includes(name);
    const isKnown = tensor?.dtype === 'float32' || (isMatrix && tensor instanceof MappedTensor);
    if (tensor !== undefined && isKnown && String(tensor.shape) === String(shape)) continue;
    throw new TensorGpuError(
      'shape',
      `createDecoder: ${prefix}${name} must be float32 [${shape}]${isMatrix ? ' or a frozen weight of that shape' : ''}, got ${tensor === undefined ? 'none' : `${tensor.dtype} [${tensor.shape}]`}.`,
    );
  }
}
