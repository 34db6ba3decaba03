import { clone, dispose, keep, type Tensor } from '@tensorflow/tfjs-core';
import { type Backend, currentBackend } from '../backend/backend.ts';
import type { Completion } from '../backend/decodeJob.ts';
import { mapWeights } from '../backend/decoderWeights.ts';
import { assertOneCopy } from '../backend/oneCopy.ts';
import { TensorGpuError } from '../base/errors.ts';
import { samplingSettings } from '../sampling/samplingProbabilities.ts';
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
  let disposed = false;
  return {
    async generate(request) {
      if (disposed) throw new TensorGpuError('disposed', 'generate: the decoder was disposed.');
      assertDecodeRequest(request, { vocabulary: shape.vocabulary, positions: spec.cos.shape[0]! });
      const { prompts, numGenerations, maxTokens, cacheBytes = 2 ** 30, shouldStop } = request;
      request.signal?.throwIfAborted();
      if (prompts.length === 0) return [];
      const device = decodingBackend();
      const held: Tensor[] = [];
      // clones share memory: the model may be trained or disposed while generate waits
      const hold = (tensor: Tensor): Tensor => {
        const shared = keep(clone(tensor));
        held.push(shared);
        return shared;
      };
      try {
        const weights = mapWeights(spec, hold);
        return await device.decode({
          shape,
          weights,
          sampling: samplingSettings(request),
          prompts,
          numGenerations,
          maxTokens,
          seeds: Array.from(request.seeds),
          eosIds: new Set(request.eosIds),
          cacheBytes,
          shouldStop,
          onStep: progressOf(request),
        });
      } finally {
        dispose(held);
      }
    },
    dispose() {
      disposed = true;
    },
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
    "createDecoder: generate runs on the back end 'molrl' only. Call `await openCpu()` first, or sample with a loop of forward passes and `sampleToken`.",
  );
}
