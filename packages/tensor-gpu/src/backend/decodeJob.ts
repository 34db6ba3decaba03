import type { Tensor } from '@tensorflow/tfjs-core';
import type { SamplingSettings } from '../sampling/samplingProbabilities.ts';
import type { DecoderShape, DecoderWeights } from './decoderWeights.ts';
import type { KvCache } from './kvCache.ts';

/** The model that an engine samples from. */
export interface DecodeModel {
  shape: DecoderShape;
  /** Tensors on this device; they stay as they are until the engine is disposed. */
  weights: DecoderWeights<Tensor>;
  /** A name for their values: see `weightVersion`. */
  version: string;
  cache: KvCache;
  /** Whether the cache outlives the engine. */
  keepsCache: boolean;
  /** Most sequences in flight at once. */
  maxRows: number;
}

/** Samples jobs of one model. Jobs that overlap share every step: a sequence joins as soon as a row is free. */
export interface DecodeEngine {
  /** Samples all continuations of a job, prompt-major. */
  sample(job: DecodeJob): Promise<Completion[]>;
  /** Frees what the engine holds; its jobs have ended. */
  dispose(): void;
}

/** What a device is asked to sample: checked, with every default filled in. */
export interface DecodeJob {
  sampling: SamplingSettings;
  /** At least one, each of at least one token. */
  prompts: readonly Int32Array[];
  /** Samples per prompt, G. */
  numGenerations: number;
  maxTokens: number;
  /** One per sample, `[P * G]`, prompt-major. */
  seeds: readonly number[];
  eosIds: ReadonlySet<number>;
  /** Whether completions tell which ids could be drawn. */
  returnSamplingMask: boolean;
  /** So many of the most probable ids are told for each token. */
  topLogprobs: number;
  shouldStop?: ((ids: Int32Array, sample: number) => boolean) | undefined;
  onToken?: ((token: DrawnToken) => void) | undefined;
  /** To be called after each step with the tokens and ended samples that it added. It may throw to stop. */
  onStep(tokens: number, ended: number): void;
}

/** A token, as it is drawn. */
export interface DrawnToken {
  /** Index of the sample, prompt-major. */
  sample: number;
  id: number;
  /** As in {@link Completion}. */
  logprob: number;
  behaviorLogprob: number;
  top: TopLogprob[];
  /** Set at the last token of a sample. */
  stop: Completion['stop'] | undefined;
}

/** One of the most probable ids at a place, with `log_softmax(logits / temperature)`. */
export interface TopLogprob {
  id: number;
  logprob: number;
}

/** The ids that each token was drawn from: `tokenIds[offsets[t] .. offsets[t + 1])` for token t, ascending. */
export interface SamplingMask {
  tokenIds: Int32Array;
  /** One more than there are tokens. */
  offsets: Int32Array;
}

/** One sampled continuation. */
export interface Completion {
  /** Sampled ids; the end-of-sequence id, if one came, is kept as the last. */
  ids: Int32Array;
  /** `log_softmax(logits / temperature)[id]` of each, before bias, penalties and filters. */
  logprobs: Float32Array;
  /** Log-prob of each under the distribution it was drawn from, after all of them; 0 for temperature 0. */
  behaviorLogprobs: Float32Array;
  /** @deprecated The former name of `behaviorLogprobs`. */
  samplingLogprobs: Float32Array;
  /** Whether an end-of-sequence id, `shouldStop` or the token limit ended it. */
  stop: 'eos' | 'stop' | 'length';
  /** Which ids each token was drawn from, where `returnSamplingMask` asks. */
  samplingMask?: SamplingMask;
  /** The most probable ids at each token, where `topLogprobs` asks. */
  topLogprobs?: TopLogprob[][];
}
