import { TensorGpuError } from '../base/errors.ts';
import { assertInteger, assertRange } from '../base/knownOptions.ts';

export interface SamplingOptions {
  /** Divides the logits. 0: greedy, the largest logit (of equals the lowest id). */
  temperature: number;
  /** Keep the k largest scores and all ties with the k-th. 0 or null: off. */
  topK?: number | null | undefined;
  /** Keep the smallest set of largest scores whose probability exceeds p. 1 or null: off. */
  topP?: number | null | undefined;
  /** Keep scores of at least this fraction of the largest probability. 0 or null: off. */
  minP?: number | null | undefined;
  /** Scores of ids seen in prompt or completion: > 0 are divided, < 0 multiplied. 1 or null: off. */
  repetitionPenalty?: number | null | undefined;
  /** Ids that are never drawn. */
  suppressTokens?: readonly number[] | undefined;
}

/** All of {@link SamplingOptions}, given. */
export type SamplingSettings = Record<Exclude<keyof SamplingOptions, 'suppressTokens'>, number> & {
  suppressTokens: readonly number[];
};

/** With the values that mean "off" where an option is not given. */
export function samplingSettings(options: SamplingOptions): SamplingSettings {
  const { temperature, topK, topP, minP, repetitionPenalty, suppressTokens = [] } = options;
  return {
    temperature,
    topK: topK ?? 0,
    topP: topP ?? 1,
    minP: minP ?? 0,
    repetitionPenalty: repetitionPenalty ?? 1,
    suppressTokens,
  };
}

/** @throws {TensorGpuError} `option` for a value outside its range. */
export function assertSampling(caller: string, options: SamplingOptions): void {
  const { temperature, topK, topP, minP, repetitionPenalty } = samplingSettings(options);
  assertRange(caller, 'temperature', temperature, 0, Number.MAX_VALUE);
  assertInteger(caller, 'topK', topK, 0);
  assertRange(caller, 'topP', topP, Number.MIN_VALUE, 1);
  assertRange(caller, 'minP', minP, 0, 1);
  assertRange(caller, 'repetitionPenalty', repetitionPenalty, Number.MIN_VALUE, Number.MAX_VALUE);
}

/**
 * The distribution that a token is drawn from, in f64; the sampling kernel is checked against it.
 *
 * Order, each step on what the one before left: repetition penalty, suppressed ids, temperature, top-k, top-p, min-p.
 *
 *     penalty    z < 0 ? z * penalty : z / penalty, once per seen id
 *     top-p      ascending, drop while the cumulative probability <= 1 - p; of equals the highest id first
 *     min-p      drop probability < minP * largest
 *
 * @param logits - `[V]`. `-Infinity` is allowed.
 * @param seen - Ids of prompt and completion so far, for the penalty.
 * @returns `[V]`, sums to 1; one-hot for temperature 0.
 * @throws {TensorGpuError} `option` for a value outside its range, or if every id is suppressed or has the logit `-Infinity`;
 * `shape` without logits, `not-finite` for a NaN.
 *
 * @see transformers' LogitsProcessorList of generate(), whose semantics these are
 */
export function samplingProbabilities(
  logits: ArrayLike<number>,
  options: SamplingOptions,
  seen: Iterable<number> = [],
): Float64Array {
  assertSampling('samplingProbabilities', options);
  const { temperature, topK, topP, minP, repetitionPenalty } = samplingSettings(options);
  if (logits.length === 0)
    throw new TensorGpuError('shape', 'samplingProbabilities: logits must not be empty.');
  const scores = Float64Array.from(logits);
  const bad = scores.findIndex(Number.isNaN);
  if (bad >= 0)
    throw new TensorGpuError('not-finite', `samplingProbabilities: logits[${bad}] is NaN.`);
  for (const id of new Set(seen)) {
    const score = scores[id]!;
    scores[id] = score < 0 ? score * repetitionPenalty : score / repetitionPenalty;
  }
  for (const id of options.suppressTokens ?? []) scores[id] = Number.NEGATIVE_INFINITY;
  if (scores.every((score) => score === Number.NEGATIVE_INFINITY)) {
    throw new TensorGpuError(
      'option',
      'samplingProbabilities: no id is left to draw: every one is suppressed or has the logit -Infinity.',
    );
  }
  if (temperature === 0) {
    const best = scores.indexOf(scores.reduce((a, b) => Math.max(a, b)));
    return scores.fill(0).fill(1, best, best + 1);
  }
  const ascending = [...scores.keys()].sort((a, b) => scores[a]! - scores[b]! || b - a);
  const top = scores[ascending.at(-1) ?? 0]!;
  const weights = scores.map((score) => Math.exp((score - top) / temperature));

  if (topK > 0 && topK < scores.length) {
    const kth = scores[ascending[ascending.length - topK]!]!;
    for (const [id, score] of scores.entries()) if (score < kth) weights[id] = 0;
  }
  if (topP < 1) {
    const limit = (1 - topP) * total(weights);
    let dropped = 0;
    for (const id of ascending.slice(0, -1)) {
      dropped += weights[id]!;
      if (dropped > limit) break;
      weights[id] = 0;
    }
  }
  for (const [id, weight] of weights.entries()) if (weight < minP) weights[id] = 0;
  const sum = total(weights);
  return weights.map((weight) => weight / sum);
}

function total(values: Float64Array): number {
  return values.reduce((a, b) => a + b, 0);
}
