import { clone, dispose, keep, type Tensor } from '@tensorflow/tfjs-core';
import { type Backend, currentBackend } from '../backend/backend.ts';
import type { Completion, DecodeEngine, DecodeJob } from '../backend/decodeJob.ts';
import { type DecoderShape, mapWeights } from '../backend/decoderWeights.ts';
import { type CacheDtype, KvCache } from '../backend/kvCache.ts';
import { assertOneCopy } from '../backend/oneCopy.ts';
import { weightTensor } from '../backend/weightTensor.ts';
import { weightVersion } from '../backend/weightVersion.ts';
import { TensorGpuError } from '../base/errors.ts';
import { samplingSettings } from '../sampling/samplingProbabilities.ts';
import type { Weight } from '../weights/mappedTensor.ts';
import { assertDecodeRequest, type DecodeRequest } from './decodeRequest.ts';
import { type DecoderSpec, decoderShape } from './decoderSpec.ts';

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
 * Batched sampling with a key-value cache, on a device of ours. (On a GPU a job runs in waves of as many samples as there is room for.)
 *
 * `generate` sees the weights of the moment when it is called and makes no copy of them; one recorded program with
 * norms, products, attention, head and sampling is replayed per token with one call. Samples join and leave at any step:
 * the place of one that has ended is taken at once, by the next of this call or of another that overlaps with it. Keys
 * and values lie in pages; those of a common beginning are computed once and shared.
 *
 * What a sample gets depends on prompt, seed and options only: not on the batch around it, on threads, on when it joins
 * or others end, or on what a cache held. Its random numbers are `seededUniform(seed, token index)`. Native and
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
  const running: RunningEngine[] = [];
  let disposed = false;
  return {
    async generate(request) {
      if (disposed) throw new TensorGpuError('disposed', 'generate: the decoder was disposed.');
      assertDecodeRequest(request, { vocabulary: shape.vocabulary, positions: spec.cos.shape[0]! });
      request.signal?.throwIfAborted();
      if (request.prompts.length === 0) return [];
      const wanted = { ...engineSettings(request), version: versionOf(spec) };
      let engine = running.find((other) => isSame(other.settings, wanted));
      if (engine === undefined) {
        engine = openEngine({ spec, shape, settings: wanted });
        running.push(engine);
      }
      engine.users++;
      try {
        return await engine.engine.sample(decodeJob(request, shape));
      } finally {
        if (--engine.users === 0) {
          running.splice(running.indexOf(engine), 1);
          engine.close();
        }
      }
    },
    dispose() {
      disposed = true;
    },
  };
}

/** What calls must agree on to share the steps of an engine. */
interface EngineSettings {
  version: string;
  maxRows: number;
  /** undefined: an own one, of these settings. */
  cache: KvCache | undefined;
  cacheDtype: CacheDtype;
  cacheBytes: number;
}

interface RunningEngine {
  settings: EngineSettings;
  engine: DecodeEngine;
  /** Calls that wait for it. */
  users: number;
  close(): void;
}

function engineSettings(request: DecodeRequest): Omit<EngineSettings, 'version'> {
  const { maxRows = 256, cache, cacheDtype = 'f32', cacheBytes = 2 ** 30 } = request;
  return { maxRows, cache, cacheDtype, cacheBytes };
}

function isSame(a: EngineSettings, b: EngineSettings): boolean {
  const names = ['version', 'maxRows', 'cache', 'cacheDtype', 'cacheBytes'] as const;
  return names.every((name) => a[name] === b[name]);
}

/** What keys and values depend on: the weights by their name, and the numbers beside them. */
function versionOf(spec: DecoderSpec): string {
  const { heads, kvHeads, headDim, eps, layers } = spec;
  const numbers = layers.map(({ window, experts, lora = {} }) => {
    const { router: _, ...routing } = experts ?? {};
    return { window, routing, scalings: Object.values(lora).map(({ scaling }) => scaling) };
  });
  const settings = JSON.stringify([heads, kvHeads, headDim, eps, numbers]);
  return `${spec.version ?? nameOfWeights(spec)} ${settings}`;
}

function nameOfWeights(spec: DecoderSpec): string {
  const weights: Weight[] = [];
  const take = (weight: Weight) => weights.push(weight);
  mapWeights({ ...spec, cos: spec.norm, sin: spec.norm }, { matrix: take, vector: take }); // tables are the same at any length
  return weightVersion(weights);
}

function openEngine(model: {
  spec: DecoderSpec;
  shape: DecoderShape;
  settings: EngineSettings;
}): RunningEngine {
  const { spec, shape, settings } = model;
  const { version, maxRows, cacheDtype, cacheBytes } = settings;
  const device = decodingBackend();
  if (spec.layers.some(({ experts }) => experts) && !device.decodesExperts)
    throw new TensorGpuError(
      'option',
      `createDecoder: '${device.name}' does not sample from layers with experts (canDecode({ experts: true }) tells). Use a GPU, or a loop of forward passes and \`sampleToken\`.`,
    );
  const held: Tensor[] = [];
  // clones share memory: the model may be trained or disposed while generate waits
  const hold = (weight: Weight): Tensor => {
    const shared = keep(clone(weightTensor(weight)));
    held.push(shared);
    return shared;
  };
  const cache = settings.cache ?? new KvCache({ dtype: cacheDtype, maxBytes: cacheBytes });
  const release = () => {
    if (settings.cache === undefined) cache.dispose();
    dispose(held);
  };
  try {
    const weights = mapWeights(spec, { matrix: hold, vector: hold });
    const keepsCache = settings.cache !== undefined;
    const engine = device.decoder({ shape, weights, version, cache, keepsCache, maxRows });
    const close = () => {
      engine.dispose();
      release();
    };
    return { settings, engine, users: 0, close };
  } catch (error) {
    release();
    throw error;
  }
}

function decodeJob(request: DecodeRequest, { vocabulary }: DecoderShape): DecodeJob {
  const { prompts, numGenerations, maxTokens, seeds, eosIds, shouldStop, onToken } = request;
  return {
    sampling: samplingSettings(request),
    prompts,
    numGenerations,
    maxTokens,
    seeds: Array.from(seeds),
    eosIds: new Set(eosIds),
    returnSamplingMask: request.returnSamplingMask ?? false,
    topLogprobs: Math.min(request.topLogprobs ?? 0, vocabulary),
    shouldStop,
    onToken,
    onStep: progressOf(request),
  };
}

/** Adds the steps up for the caller, and stops at an abort. */
function progressOf({ seeds, signal, onProgress }: DecodeRequest) {
  const progress = { tokens: 0, done: 0, total: seeds.length };
  return (tokens: number, ended: number): void => {
    signal?.throwIfAborted();
    progress.tokens += tokens;
    progress.done += ended;
    onProgress?.({ ...progress });
  };
}

function decodingBackend(): Backend {
  const device = currentBackend();
  if (device !== undefined) return device;
  assertOneCopy('generate');
  throw new TensorGpuError(
    'backend',
    "createDecoder: generate runs on our devices only. Call `await openCpu()` or `await openDevice('webgpu')` first, or sample with a loop of forward passes and `sampleToken`.",
  );
}
