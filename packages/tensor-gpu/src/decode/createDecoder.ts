import { backend, clone, dispose, keep, type Tensor } from '@tensorflow/tfjs-core';
import { CPU_BACKEND, type CpuBackend, cpuBackendOf } from '../backend/cpu/cpuBackend.ts';
import { decodeCache } from '../backend/cpu/decode/decodeBuffers.ts';
import type { DecodeRun } from '../backend/cpu/decode/decodeProgram.ts';
import type { Completion } from '../backend/cpu/decode/decodeWave.ts';
import {
  type DecodeOffsets,
  type DecodeShape,
  type DecodeWeights,
  packDecodeWeights,
} from '../backend/cpu/decode/decodeWeights.ts';
import { generateWave } from '../backend/cpu/decode/generateWave.ts';
import { assertOneCopy } from '../backend/oneCopy.ts';
import { TensorGpuError } from '../base/errors.ts';
import { samplingSettings } from '../sampling/samplingProbabilities.ts';
import { assertDecodeRequest, type DecodeRequest } from './decodeRequest.ts';
import { type DecoderLayer, type DecoderSpec, decoderShape } from './decoderSpec.ts';

/** The sampling kernel keeps two floats per id in its 4 MiB of scratch. */
const MAX_VOCABULARY = 480_000;

const LAYER_TENSORS = [
  'inputNorm',
  'q',
  'k',
  'v',
  'o',
  'qNorm',
  'kNorm',
  'postNorm',
  'gate',
  'up',
  'down',
] as const;

interface Tensors<T> {
  layers: Record<keyof DecoderLayer, T>[];
  embed: T;
  norm: T;
  head: T;
  cos: T;
  sin: T;
}

/** Samples from a model; see `createDecoder`. */
export interface Decoder {
  /**
   * Samples `numGenerations` continuations of each prompt.
   *
   * @returns P * G completions, prompt-major.
   * @throws {TensorGpuError} `option` or `shape` for a bad request, `not-finite` when logits are NaN,
   * `out-of-memory`. An abort rejects with the signal's reason.
   */
  generate(request: DecodeRequest): Promise<Completion[]>;
  /** Makes further calls fail. The weights are the caller's and stay. */
  dispose(): void;
}

/**
 * Batched sampling with a key-value cache, on our CPU back end.
 *
 * Weights are packed when `generate` is called (so it sees the weights of that moment), each prompt is
 * prefilled once and its cache copied to its `numGenerations` samples, and one recorded program with
 * norms, products, attention, head and sampling is replayed per token with one call.
 *
 * What a sample gets depends on prompt, seed and options only: not on the batch around it, on threads,
 * or on when others end. Its random numbers are `seededUniform(seed, token index)`. Native and
 * WebAssembly kernels may differ in the last bit of a logit.
 *
 * @param spec - Tensors of the model; they must stay alive and on this back end.
 * @throws {TensorGpuError} `option` or `shape` if sizes do not fit, `backend` on another back end.
 *
 * @example
 * await openCpu();
 * const [vector, matrix, embed] = [ones([2]), ones([2, 2]), ones([3, 2])];
 * const decoder = createDecoder({
 *   layers: [{ inputNorm: vector, q: matrix, k: matrix, v: matrix, o: matrix, qNorm: vector, kNorm: vector,
 *     postNorm: vector, gate: matrix, up: matrix, down: matrix }],
 *   embed, norm: vector, head: embed, cos: ones([8, 1]), sin: zeros([8, 1]),
 *   heads: 1, kvHeads: 1, headDim: 2, eps: 1e-6,
 * });
 * const [first] = await decoder.generate({
 *   prompts: [Int32Array.of(1, 2)], numGenerations: 1, maxTokens: 4, temperature: 0, seeds: [0], eosIds: [],
 * });
 * first.ids; // Int32Array [0, 0, 0, 0]
 *
 * @see Kwon et al. 2023, PagedAttention (shared prompts): https://arxiv.org/abs/2309.06180
 */
export function createDecoder(spec: DecoderSpec): Decoder {
  const shape = decoderShape(spec);
  if (shape.vocabulary > MAX_VOCABULARY) {
    throw new TensorGpuError(
      'option',
      `createDecoder: the vocabulary must have at most ${MAX_VOCABULARY} ids, got ${shape.vocabulary}.`,
    );
  }
  let disposed = false;
  return {
    async generate(request) {
      if (disposed) throw new TensorGpuError('disposed', 'generate: the decoder was disposed.');
      assertDecodeRequest(request, { vocabulary: shape.vocabulary, positions: spec.cos.shape[0]! });
      request.signal?.throwIfAborted();
      if (request.prompts.length === 0) return [];
      const device = currentCpuBackend();
      // clones share memory: the model may be trained or disposed while generate waits
      const held = mapTensors(spec, (tensor) => keep(clone(tensor)));
      let weights: DecodeWeights | undefined;
      try {
        const offsets = mapTensors({ ...spec, ...held }, (tensor) => device.offset(tensor));
        weights = packDecodeWeights(device.cpu, shape, offsets);
        const sampling = samplingSettings(request);
        return await generateWaves({ cpu: device.cpu, shape, offsets, weights, sampling }, request);
      } finally {
        weights?.free();
        dispose({ ...held });
      }
    },
    dispose() {
      disposed = true;
    },
  };
}

async function generateWaves(
  run: Omit<DecodeRun, 'buffers'>,
  request: DecodeRequest,
): Promise<Completion[]> {
  const { prompts, numGenerations, maxTokens, eosIds, shouldStop, signal, onProgress } = request;
  const seeds = Array.from(request.seeds);
  const total = seeds.length;
  const progress = { tokens: 0, done: 0, total };
  const onStep = (tokens: number, finished: number) => {
    signal?.throwIfAborted();
    progress.tokens += tokens;
    progress.done += finished;
    onProgress?.({ ...progress });
  };
  const perWave = promptsPerWave(run, request);
  const completions: Completion[] = [];
  for (let first = 0; first < prompts.length; first += perWave) {
    const wave = {
      prompts: prompts.slice(first, first + perWave),
      numGenerations,
      maxTokens,
      seeds: seeds.slice(first * numGenerations, (first + perWave) * numGenerations),
      eosIds: new Set(eosIds),
      shouldStop,
      firstPrompt: first,
    };
    completions.push(...(await generateWave(run, wave, onStep)));
  }
  return completions;
}

function promptsPerWave(
  { shape, offsets }: { shape: DecodeShape; offsets: DecodeOffsets },
  { prompts, numGenerations, maxTokens, cacheBytes = 2 ** 30 }: DecodeRequest,
): number {
  const longest = prompts.reduce((most, { length }) => Math.max(most, length), 0);
  const { bytes } = decodeCache(shape, longest + maxTokens);
  const perPrompt = bytes * numGenerations * Math.max(1, offsets.layers.length);
  return Math.max(1, Math.floor(cacheBytes / perPrompt));
}

function currentCpuBackend(): CpuBackend {
  const device = cpuBackendOf(backend());
  if (device !== undefined) return device;
  assertOneCopy('generate', CPU_BACKEND);
  throw new TensorGpuError(
    'backend',
    "createDecoder: generate runs on the back end 'molrl' only. Call `await openCpu()` first, or sample with a loop of forward passes and `sampleToken`.",
  );
}

/** The tensors of a spec and nothing else, each replaced. */
function mapTensors<T>(spec: DecoderSpec, map: (tensor: Tensor) => T): Tensors<T> {
  const { embed, norm, head, cos, sin } = spec;
  const layers = spec.layers.map((layer) => {
    const entries = LAYER_TENSORS.map((name) => [name, map(layer[name])] as const);
    return Object.fromEntries(entries) as Record<keyof DecoderLayer, T>; // one entry per name
  });
  return {
    layers,
    embed: map(embed),
    norm: map(norm),
    head: map(head),
    cos: map(cos),
    sin: map(sin),
  };
}
