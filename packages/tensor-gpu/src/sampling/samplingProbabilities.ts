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
  /** Taken from the score of every id that the completion has. 0 or null: off. */
  presencePenalty?: number | null | undefined;
  /** Taken from the score of an id as many times as the completion has it. 0 or null: off. */
  frequencyPenalty?: number | null | undefined;
  /** Added to the logits: id and value. Default none. */
  logitBias?: Iterable<readonly [id: number, bias: number]> | null | undefined;
  /** Ids that are never drawn. */
  suppressTokens?: readonly number[] | null | undefined;
  /** The only ids that may be drawn; what `suppressTokens` names is not. Default all. */
  allowedTokenIds?: readonly number[] | null | undefined;
}

/** All of {@link SamplingOptions}, given. */
export interface SamplingSettings {
  temperature: number;
  topK: number;
  topP: number;
  minP: number;
  repetitionPenalty: number;
  presencePenalty: number;
  frequencyPenalty: number;
  logitBias: readonly (readonly [id: number, bias: number])[];
  suppressTokens: readonly number[];
  /** null: all. */
  allowedTokenIds: readonly number[] | null;
}

/** What the penalties look at. */
export interface SamplingHistory {
  /** Ids of prompt and completion so far, for the repetition penalty. */
  seen?: Iterable<number> | undefined;
  /** Ids of the completion so far, for the presence and frequency penalties. */
  completion?: Iterable<number> | undefined;
}

/** With the values that mean "off" where an option is not given. */
export function samplingSettings(options: SamplingOptions): SamplingSettings {
  return {
    temperature: options.temperature,
    topK: options.topK ?? 0,
    topP: options.topP ?? 1,
    minP: options.minP ?? 0,
    repetitionPenalty: options.repetitionPenalty ?? 1,
    presencePenalty: options.presencePenalty ?? 0,
    frequencyPenalty: options.frequencyPenalty ?? 0,
    logitBias: [...new Map(options.logitBias ?? [])],
    suppressTokens: options.suppressTokens ?? [],
    allowedTokenIds: options.allowedTokenIds ?? null,
  };
}

/** @throws {TensorGpuError} `option` for a value outside its range. */
export function assertSampling(caller: string, options: SamplingOptions): void {
  const settings = samplingSettings(options);
  const { temperature, topK, topP, minP, repetitionPenalty } = settings;
  assertRange(`${caller}: temperature`, temperature, [0, Number.MAX_VALUE]);
  assertInteger(`${caller}: topK`, topK, [0]);
  assertRange(`${caller}: topP`, topP, [Number.MIN_VALUE, 1]);
  assertRange(`${caller}: minP`, minP, [0, 1]);
  assertRange(`${caller}: repetitionPenalty`, repetitionPenalty, [
    Number.MIN_VALUE,
    Number.MAX_VALUE,
  ]);
  const finite = (name: string, value: number) =>
    assertRange(`${caller}: ${name}`, value, [-Number.MAX_VALUE, Number.MAX_VALUE]);
  finite('presencePenalty', settings.presencePenalty);
  finite('frequencyPenalty', settings.frequencyPenalty);
  for (const [id, bias] of settings.logitBias) finite(`logitBias of ${id}`, bias);
}

/**
 * The distribution that a token is drawn from, in f64; the sampling kernel is checked against it.
 *
 * Order, each step on what the one before left: bias, repetition penalty, frequency and presence penalty, suppressed
 * and not allowed ids, temperature, top-k, top-p, min-p.
 *
 *     repetition z < 0 ? z * penalty : z / penalty, once per id of prompt or completion
 *     others     z - frequencyPenalty * times - presencePenalty, once per id of the completion
 *     top-p      ascending, drop while the cumulative probability <= 1 - p; of equals the highest id first
 *     min-p      drop probability < minP * largest
 *
 * @param logits - `[V]`. `-Infinity` is allowed.
 * @param history - What the penalties look at: ids of prompt and completion so far.
 * @returns `[V]`, sums to 1; one-hot for temperature 0.
 * @throws {TensorGpuError} `option` for a value outside its range, or if every id is suppressed or has the logit `-Infinity`;
 * `shape` without logits, `not-finite` for a NaN.
 *
 * @see transformers' LogitsProcessorList of generate(), whose semantics these are, but for the presence and frequency
 * penalty, which are the OpenAI API's and vLLM's: they look at the completion alone
 */
export function samplingProbabilities(
  logits: ArrayLike<number>,
  options: SamplingOptions,
  history: SamplingHistory = {},
): Float64Array {
  assertSampling('samplingProbabilities', options);
  const settings = samplingSettings(options);
  const { temperature, topK, topP, minP } = settings;
  if (logits.length === 0)
    throw new TensorGpuError('shape', 'samplingProbabilities: logits must not be empty.');
  const scores = Float64Array.from(logits);
  const bad = scores.findIndex(Number.isNaN);
  if (bad >= 0)
    throw new TensorGpuError('not-finite', `samplingProbabilities: logits[${bad}] is NaN.`);
  adjustScores(scores, settings, history);
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

/** Bias and penalties, and minus infinity for what may not be drawn. */
function adjustScores(
  scores: Float64Array,
  settings: SamplingSettings,
  { seen = [], completion = [] }: SamplingHistory,
): void {
  const { repetitionPenalty, presencePenalty, frequencyPenalty } = settings;
  for (const [id, bias] of settings.logitBias) scores[id] = scores[id]! + bias;
  for (const id of new Set(seen)) {
    const score = scores[id]!;
    scores[id] = score < 0 ? score * repetitionPenalty : score / repetitionPenalty;
  }
  const drawn = Array.from(completion);
  for (const id of drawn) scores[id] = scores[id]! - frequencyPenalty;
  for (const id of new Set(drawn)) scores[id] = scores[id]! - presencePenalty;
  const allowed = settings.allowedTokenIds && new Set(settings.allowedTokenIds);
  for (const id of scores.keys())
    if (allowed && !allowed.has(id)) scores[id] = Number.NEGATIVE_INFINITY;
  for (const id of settings.suppressTokens) scores[id] = Number.NEGATIVE_INFINITY;
}

function total(values: Float64Array): number {
  return values.reduce((a, b) => a + b, 0);
}
