import { Qwen3Error } from '../errors.ts';
import type { Qwen3 } from '../model/qwen3.ts';

export interface GenerateOptions {
  /** Longest completion, in tokens. No default: it bounds time and memory. */
  maxTokens: number;
  /** Completions per prompt, G. Default 1. */
  numGenerations?: number | undefined;
  /** Divides the logits; 0 = greedy. Default 1. */
  temperature?: number | undefined;
  /** Keep the k most probable tokens and ties with the k-th. Default off. */
  topK?: number | undefined;
  /** Keep the most probable tokens that together reach p. Default off. */
  topP?: number | undefined;
  /** Keep tokens of at least this fraction of the largest probability. Default off. */
  minP?: number | undefined;
  /** Makes tokens of prompt and completion less likely, by this factor on their logits. Default off. */
  repetitionPenalty?: number | undefined;
  /**
   * One seed for the call: completion i gets `sampleSeeds(seed, P * G)[i]`. Or `seeds`, one per completion,
   * `[P * G]`, prompt-major. A completion depends on its prompt and its own seed only, never on the batch.
   */
  seed?: number | undefined;
  seeds?: ArrayLike<number> | undefined;
  /** Stop after one of these ids (it is kept). Default: the model's `eosTokenId`. */
  eosIds?: readonly number[] | undefined;
  /** Stops the call, which then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: { tokens: number; done: number; total: number }) => void) | undefined;
}

/** Options with every default filled in, as the decoder takes them. */
export interface ResolvedGenerateOptions extends GenerateOptions {
  numGenerations: number;
  temperature: number;
  seeds: ArrayLike<number>;
  eosIds: number[];
}

/**
 * Seeds for `count` completions from one seed, each an integer in [0, 2^52).
 *
 * @example
 * sampleSeeds(7, 2).length; // 2
 */
export function sampleSeeds(seed: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => {
    const high = mix(Math.floor(seed / 2 ** 32) ^ mix(i + 0x51ed270b));
    const low = mix((seed >>> 0) ^ mix(high + i));
    return (mix(high ^ low) >>> 12) * 2 ** 32 + low;
  });
}

/** A 32-bit finaliser (murmur3's): every input bit changes half of the output bits. */
function mix(word: number): number {
  let x = word >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/** Checks the call and fills in defaults. @throws {Qwen3Error} `option` */
export function resolveGenerateOptions(
  model: Qwen3,
  prompts: readonly ArrayLike<number>[],
  options: GenerateOptions,
): ResolvedGenerateOptions {
  const { maxTokens, numGenerations = 1, temperature = 1, seed } = options;
  const fail = (what: string): never => {
    throw new Qwen3Error('option', `generate: ${what}`);
  };
  if (!Number.isInteger(maxTokens) || maxTokens < 1) {
    fail(`maxTokens must be a whole number above 0, got ${maxTokens}.`);
  }
  if (!Number.isInteger(numGenerations) || numGenerations < 1) {
    fail(`numGenerations must be a whole number above 0, got ${numGenerations}.`);
  }
  if (!(temperature >= 0 && Number.isFinite(temperature))) {
    fail(`temperature must be 0 (greedy) or more, got ${temperature}.`);
  }
  checkPrompts(model, prompts, fail);
  const count = prompts.length * numGenerations;
  if (temperature > 0 && seed === undefined && options.seeds === undefined) {
    fail(
      'sampling needs seed or seeds: a hidden seed could not be repeated. Give one, or temperature 0.',
    );
  }
  const seeds = options.seeds ?? sampleSeeds(seed ?? 0, count);
  if (seeds.length !== count) {
    fail(`seeds must have one entry per completion (${count}), got ${seeds.length}.`);
  }
  const own = model.config.eosTokenId ?? [];
  const eosIds = [...(options.eosIds ?? (Array.isArray(own) ? own : [own]))];
  return { ...options, numGenerations, temperature, seeds, eosIds };
}

function checkPrompts(
  model: Qwen3,
  prompts: readonly ArrayLike<number>[],
  fail: (what: string) => never,
): void {
  const { vocabSize } = model.config;
  for (const [index, prompt] of prompts.entries()) {
    if (prompt.length === 0) fail(`prompt ${index} is empty. Give at least one token.`);
    for (let t = 0; t < prompt.length; t++) {
      const id = prompt[t]!;
      if (!(id >= 0 && id < vocabSize)) {
        fail(
          `prompt ${index} holds the id ${id}, the vocabulary has ${vocabSize} tokens. Was another tokenizer used?`,
        );
      }
    }
  }
}
