import type { DrawnToken } from '../backend/decodeJob.ts';
import { assertCacheDtype, type CacheDtype, type KvCache } from '../backend/kvCache.ts';
import { TensorGpuError } from '../base/errors.ts';
import { assertInteger } from '../base/knownOptions.ts';
import {
  assertSampling,
  type SamplingOptions,
  samplingSettings,
} from '../sampling/samplingProbabilities.ts';

/** The sampling kernel finds them by insertion. */
const MOST_TOP = 64;

/** How far `generate` is. */
export interface DecodeProgress {
  /** Tokens sampled so far, over all samples. */
  tokens: number;
  /** Samples that have ended. */
  done: number;
  /** Samples asked for, P * G. */
  total: number;
}

/** What to sample. */
export interface DecodeRequest extends SamplingOptions {
  /** Token ids of each prompt, of any lengths >= 1. */
  prompts: readonly Int32Array[];
  /** Samples per prompt, G. */
  numGenerations: number;
  /** Sampled tokens per sample at most. */
  maxTokens: number;
  /** One per sample, `[P * G]`, prompt-major: integers from 0 to 2^53 - 1. */
  seeds: ArrayLike<number>;
  /** Ids that end a sample. Empty: only `maxTokens` does. */
  eosIds: readonly number[];
  /** Samples in flight at once; the others wait for a place. Default 256. */
  maxRows?: number | undefined;
  /** Keys and values that stay for the next call with the same weights. Default: they end with the call. */
  cache?: KvCache | undefined;
  /** Without `cache`: how keys and values are kept. Default `'f32'`. */
  cacheDtype?: CacheDtype | undefined;
  /** Without `cache`: most bytes of keys and values; further samples wait their turn. Default 1 GiB. */
  cacheBytes?: number | undefined;
  /** Tell which ids each token was drawn from. Default false. */
  returnSamplingMask?: boolean | undefined;
  /** Tell so many of the most probable ids at each token, at most 64. Default 0. */
  topLogprobs?: number | undefined;
  /** Asked after every token of a sample with its ids so far and its index `[P * G]`; `true` ends it. */
  shouldStop?: ((ids: Int32Array, sample: number) => boolean) | undefined;
  /** Told every token as it is drawn. */
  onToken?: ((token: DrawnToken) => void) | undefined;
  /** Between steps, an abort rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Called after every step. */
  onProgress?: ((progress: DecodeProgress) => void) | undefined;
}

/** The sizes that a request must fit. */
interface DecodeLimits {
  vocabulary: number;
  /** Rows of the rope table. */
  positions: number;
}

/** @throws {TensorGpuError} `option` or `shape` naming what does not fit. */
export function assertDecodeRequest(request: DecodeRequest, limits: DecodeLimits): void {
  const { prompts, numGenerations, maxTokens, seeds, eosIds } = request;
  assertSampling('generate', request);
  assertInteger('generate: numGenerations', numGenerations, [1]);
  assertInteger('generate: maxTokens', maxTokens, [1]);
  const { suppressTokens, allowedTokenIds, logitBias } = samplingSettings(request);
  assertInteger('generate: maxRows', request.maxRows ?? 1, [1]);
  assertInteger('generate: topLogprobs', request.topLogprobs ?? 0, [0, MOST_TOP]);
  assertCacheDtype('generate', request.cacheDtype ?? 'f32');
  const samples = prompts.length * numGenerations;
  check(
    seeds.length === samples,
    'shape',
    `seeds must have one entry per sample (${prompts.length} prompts * ${numGenerations} generations = ${samples}), got ${seeds.length}`,
  );
  for (let i = 0; i < samples; i++) assertInteger(`generate: seeds[${i}]`, seeds[i]!, [0]);
  for (const [i, id] of eosIds.entries()) tokenId(`eosIds[${i}]`, id, limits);
  for (const [i, id] of suppressTokens.entries()) tokenId(`suppressTokens[${i}]`, id, limits);
  for (const [i, id] of (allowedTokenIds ?? []).entries())
    tokenId(`allowedTokenIds[${i}]`, id, limits);
  for (const [id] of logitBias) tokenId('an id of logitBias', id, limits);
  const never = new Set(suppressTokens);
  const left = allowedTokenIds?.filter((id) => !never.has(id)).length;
  check(
    (left ?? limits.vocabulary - never.size) > 0,
    'option',
    `suppressTokens and allowedTokenIds must leave an id to draw, they leave none of ${limits.vocabulary}`,
  );
  for (const [p, prompt] of prompts.entries()) {
    check(
      prompt.length > 0,
      'shape',
      `prompts[${p}] is empty. Give at least one token, such as the start of a turn`,
    );
    for (const [i, id] of prompt.entries()) tokenId(`prompts[${p}][${i}]`, id, limits);
    const needed = prompt.length + maxTokens - 1;
    check(
      needed <= limits.positions,
      'option',
      `prompts[${p}] has ${prompt.length} tokens: with maxTokens ${maxTokens} it needs ${needed} positions, the rope table has ` +
        `${limits.positions}. Shorten one of them, or make longer tables`,
    );
  }
}

function tokenId(name: string, id: number, { vocabulary }: DecodeLimits): void {
  check(
    Number.isInteger(id) && id >= 0 && id < vocabulary,
    'option',
    `${name} must be a token id below ${vocabulary}, got ${id}. Tokenizer and model must be of one vocabulary`,
  );
}

function check(good: boolean, code: 'option' | 'shape', text: string): void {
  if (!good) throw new TensorGpuError(code, `generate: ${text}.`);
}
