import { assertInteger } from '../base/knownOptions.ts';
import {
  type SamplingHistory,
  type SamplingOptions,
  samplingProbabilities,
} from './samplingProbabilities.ts';
import { seededUniform } from './seededUniform.ts';

export interface SampleTokenOptions extends SamplingOptions, SamplingHistory {
  /** Seed of the sample, an integer from 0 to 2^53 - 1. */
  seed: number;
  /** Index of the token in the completion, from 0. */
  step: number;
}

/** A drawn token. */
export interface SampledToken {
  id: number;
  logprob: number;
  behaviorLogprob: number;
  /** @deprecated The former name of `behaviorLogprob`. */
  samplingLogprob: number;
}

/**
 * Draws one token from one row of logits, as the decoder's kernel does: for generation loops on
 * other back ends, and for tests.
 *
 *     id = first id whose cumulative probability exceeds seededUniform(seed, step)
 *     logprob = log_softmax(logits / temperature)[id], before penalties and filters; temperature 0 counts as 1
 *     behaviorLogprob = log samplingProbabilities[id], after them: 0 for temperature 0
 *
 * @example
 * sampleToken([0, 3, 1], { temperature: 0, seed: 1, step: 0 }); // { id: 1, logprob: -0.1698, behaviorLogprob: 0, samplingLogprob: 0 }
 */
export function sampleToken(logits: ArrayLike<number>, options: SampleTokenOptions): SampledToken {
  const { temperature, seed, step } = options;
  assertInteger('sampleToken: seed', seed, [0]);
  assertInteger('sampleToken: step', step, [0]);
  const probabilities = samplingProbabilities(logits, options, options);
  const target = temperature === 0 ? 0 : seededUniform(seed, step);
  let id = 0;
  let sum = 0;
  for (const [candidate, probability] of probabilities.entries()) {
    if (probability === 0) continue;
    id = candidate;
    sum += probability;
    if (sum > target) break;
  }
  const divisor = temperature || 1;
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < logits.length; i++) most = Math.max(most, logits[i]!);
  let total = 0;
  for (let i = 0; i < logits.length; i++) total += Math.exp((logits[i]! - most) / divisor);
  const logprob = (logits[id]! - most) / divisor - Math.log(total);
  const behaviorLogprob = Math.log(probabilities[id]!);
  return { id, logprob, behaviorLogprob, samplingLogprob: behaviorLogprob };
}
