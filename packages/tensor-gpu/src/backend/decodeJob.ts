import type { SamplingSettings } from '../sampling/samplingProbabilities.ts';
import type { DecoderShape, DecoderWeights } from './decoderWeights.ts';

/** What a device is asked to sample: checked, with every default filled in. */
export interface DecodeJob {
  shape: DecoderShape;
  /** Tensors on this device; they stay as they are until the job has ended. */
  weights: DecoderWeights;
  sampling: SamplingSettings;
  /** At least one, each of at least one token. */
  prompts: readonly Int32Array[];
  /** Samples per prompt, G. */
  numGenerations: number;
  maxTokens: number;
  /** One per sample, `[P * G]`, prompt-major. */
  seeds: readonly number[];
  eosIds: ReadonlySet<number>;
  /** Keys and values in memory at once, in bytes. */
  cacheBytes: number;
  shouldStop?: ((ids: Int32Array) => boolean) | undefined;
  /** To be called after each step with the tokens and ended samples that it added. It may throw to stop. */
  onStep(tokens: number, ended: number): void;
}

/** One sampled continuation. */
export interface Completion {
  /** Sampled ids; the end-of-sequence id, if one came, is kept as the last. */
  ids: Int32Array;
  /** `log_softmax(logits / temperature)[id]` of each, before penalty and filters. */
  logprobs: Float32Array;
  /** Log-prob of each under the distribution it was drawn from, after penalty and filters; 0 for temperature 0. */
  samplingLogprobs: Float32Array;
  /** Whether an end-of-sequence id, `shouldStop` or the token limit ended it. */
  stop: 'eos' | 'stop' | 'length';
}
