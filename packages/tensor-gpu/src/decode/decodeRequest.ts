import { TensorGpuError } from '../base/errors.ts';
import { assertInteger } from '../base/knownOptions.ts';
import { assertSampling, type SamplingOptions } from '../sampling/samplingProbabilities.ts';

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
  /** Keys and values in memory at once, in bytes; further prompts wait their turn. Default 1 GiB. */
  cacheBytes?: number | undefined;
  /** Asked after every token of a sample with its ids so far; `true` ends it. */
  shouldStop?: ((ids: Int32Array) => boolean) | undefined;
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
  assertInteger('generate', 'numGenerations', numGenerations, 1);
  assertInteger('generate', 'maxTokens', maxTokens, 1);
  const { suppressTokens = [] } = request;
  const samples = prompts.length * numGenerations;
  check(
    seeds.length === samples,
    'shape',
    `seeds must have one entry per sample (${prompts.length} prompts * ${numGenerations} generations = ${samples}), got ${seeds.length}`,
  );
  for (let i = 0; i < samples; i++) assertInteger('generate', `seeds[${i}]`, seeds[i]!, 0);
  for (const [i, id] of eosIds.entries()) tokenId(`eosIds[${i}]`, id, limits);
  for (const [i, id] of suppressTokens.entries()) tokenId(`suppressTokens[${i}]`, id, limits);
  check(
    new Set(suppressTokens).size < limits.vocabulary,
    'option',
    `suppressTokens must leave an id to draw, got all ${limits.vocabulary}`,
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
