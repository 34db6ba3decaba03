import { engine, getKernel, type Tensor, tensor1d, tensor2d } from '@tensorflow/tfjs-core';
import { TensorGpuError } from '../base/errors.ts';
import { assertInteger } from '../base/knownOptions.ts';
import { constant } from './constant.ts';

/** Which tokens go to which expert, as int32 tensors. A slot is a token and one of its choices, `token * k + choice`. */
export interface ExpertRoute {
  /** `[N, k]`: the experts of each token, most probable first. */
  chosen: Tensor;
  /** `[N k]`: where the probability of each slot stands in `[N E]`. */
  picks: Tensor;
  /** `[N k]`: the token of each slot, in the order of the experts. */
  tokens: Tensor;
  /** `[N k]`: the place of each slot in that order. */
  places: Tensor;
  /** `[N k]`: the expert of each place. */
  owners: Tensor;
  /** `[E + 1]`: where the places of each expert begin, and behind the last. */
  offsets: Tensor;
}

/**
 * Sends each token to its k most probable experts, of equal ones to the first, and sorts by expert. Nothing of it has a
 * gradient. On a GPU it happens there, and nothing is read.
 *
 * @param probabilities - `[N, E]`.
 * @throws {TensorGpuError} `shape` if they are not a matrix, `option` unless k is a whole number from 1 to E.
 *
 * @example
 * const { chosen, tokens, offsets } = routeExperts(tensor2d([[0.7, 0.1, 0.2], [0.3, 0.6, 0.1]]), 2);
 * chosen; // [[0, 2], [1, 0]]
 * tokens; // [0, 1, 1, 0]
 * offsets; // [0, 2, 3, 4]
 */
export function routeExperts(probabilities: Tensor, k: number): ExpertRoute {
  const [N, E] = probabilities.shape;
  if (probabilities.rank !== 2)
    throw new TensorGpuError(
      'shape',
      `routeExperts: probabilities must be [N,E], got [${probabilities.shape}]. Reshape them.`,
    );
  assertInteger('routeExperts: k', k, [1, E!]);
  const [chosen, picks, tokens, places, owners, offsets] =
    getKernel('routeExperts', engine().backendName) == null
      ? routed(probabilities.dataSync<'float32'>(), [N!, E!], k)
      : routedOnDevice(probabilities, k);
  return {
    ...{ chosen: chosen!, picks: picks!, tokens: tokens! },
    ...{ places: places!, owners: owners!, offsets: offsets! },
  };
}

function routedOnDevice(probabilities: Tensor, k: number): Tensor[] {
  const fixed = constant(probabilities); // a tape does not look for a gradient of this
  const outputs = engine().runKernel('routeExperts', { probabilities: fixed }, { k });
  fixed.dispose();
  return outputs as unknown as Tensor[]; // six of them
}

/** The same where JavaScript runs. */
function routed(
  probabilities: Float32Array,
  [N, E]: readonly [number, number],
  k: number,
): Tensor[] {
  const chosen = mostProbable(probabilities, E, k);
  const offsets = new Int32Array(E + 1);
  for (const e of chosen) offsets[e + 1]!++;
  for (let e = 0; e < E; e++) offsets[e + 1]! += offsets[e]!;
  const next = offsets.slice(0, E);
  const [tokens, owners] = [new Int32Array(N * k), new Int32Array(N * k)];
  const places = chosen.map((e, slot) => {
    const place = next[e]!++;
    tokens[place] = Math.floor(slot / k);
    owners[place] = e;
    return place;
  });
  const picks = chosen.map((e, slot) => Math.floor(slot / k) * E + e);
  return [
    tensor2d(chosen, [N, k], 'int32'),
    ...[picks, tokens, places, owners, offsets].map((values) => tensor1d(values, 'int32')),
  ];
}

function mostProbable(probabilities: Float32Array, E: number, k: number): Int32Array {
  const N = probabilities.length / E;
  const chosen = new Int32Array(N * k);
  const experts = Array.from({ length: E }, (_, e) => e);
  for (let n = 0; n < N; n++) {
    const row = probabilities.subarray(n * E, (n + 1) * E);
    const sorted = experts.slice().sort((a, b) => row[b]! - row[a]! || a - b);
    chosen.set(sorted.slice(0, k), n * k);
  }
  return chosen;
}
