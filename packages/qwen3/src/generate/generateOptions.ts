import { Qwen3Error } from '../base/errors.ts';
import {
  checkFunction,
  checkInteger,
  checkList,
  checkOptionNames,
  checkTokenIds,
  checkWholeNumbers,
} from '../base/optionChecks.ts';
import { showValue } from '../base/showValue.ts';
import { checkModel } from '../model/checkModel.ts';
import type { Qwen3 } from '../model/qwen3.ts';

/** What `null` stands for, where it is allowed: off, or none. */
export interface GenerateOptions {
  /** Longest completion, in tokens. No default: it bounds time and memory. */
  maxTokens: number;
  /** Completions per prompt, G. Default 1. */
  numGenerations?: number | undefined;
  /** Divides the logits, at least 1e-6; 0 = greedy. Default 1. */
  temperature?: number | undefined;
  /** Keep the k most probable tokens and ties with the k-th. Default off, as is 0. */
  topK?: number | null | undefined;
  /** Keep the most probable tokens that together reach p. Default off. */
  topP?: number | null | undefined;
  /** Keep tokens of at least this fraction of the largest probability. Default off. */
  minP?: number | null | undefined;
  /** Makes tokens of prompt and completion less likely, by this factor on their logits. Default off. */
  repetitionPenalty?: number | null | undefined;
  /** Ids that are never sampled (transformers' `suppress_tokens`). Default none. */
  suppressTokens?: readonly number[] | null | undefined;
  /**
   * One seed for the call: completion i gets `sampleSeeds(seed, P * G)[i]`. Or `seeds`, one per completion,
   * `[P * G]`, prompt-major. A completion depends on its prompt and its own seed only, never on the batch.
   */
  seed?: number | null | undefined;
  seeds?: ArrayLike<number> | null | undefined;
  /** Stop after one of these ids (it is kept). Default: all ends of the model's `eosTokenId`. `null`: none. */
  eosIds?: readonly number[] | null | undefined;
  /** Asked after every token of a completion with its ids so far; `true` stops it. */
  shouldStop?: ((ids: Int32Array) => boolean) | null | undefined;
  /** Stops the call, which then rejects with the signal's reason. */
  signal?: AbortSignal | null | undefined;
  onProgress?:
    | ((progress: { tokens: number; done: number; total: number }) => void)
    | null
    | undefined;
}

const GENERATE_OPTIONS: readonly string[] = [
  'maxTokens',
  'numGenerations',
  'temperature',
  'topK',
  'topP',
  'minP',
  'repetitionPenalty',
  'suppressTokens',
  'seed',
  'seeds',
  'eosIds',
  'shouldStop',
  'signal',
  'onProgress',
] satisfies (keyof GenerateOptions)[];

/** Options with every default filled in, as the decoder takes them. */
export interface ResolvedGenerateOptions {
  maxTokens: number;
  numGenerations: number;
  temperature: number;
  topK: number;
  topP: number;
  minP: number;
  repetitionPenalty: number;
  suppressTokens: readonly number[];
  seeds: ArrayLike<number>;
  eosIds: readonly number[];
  shouldStop: ((ids: Int32Array) => boolean) | undefined;
  signal: AbortSignal | undefined;
  onProgress: ((progress: { tokens: number; done: number; total: number }) => void) | undefined;
}

/** Below it logits overflow float32: log-probs would be NaN. */
export const LEAST_TEMPERATURE = 1e-6;

/** Longest completion and largest group: beyond that the tables alone would fill memory. */
const MOST = 2 ** 20;

/**
 * Seeds for `count` completions from one seed, each an integer in [0, 2^52).
 *
 * @throws {Qwen3Error} `option` unless both are whole numbers from 0 on.
 *
 * @example
 * sampleSeeds(7, 2).length; // 2
 */
export function sampleSeeds(seed: number, count: number): number[] {
  checkInteger('sampleSeeds', 'seed', seed, 0);
  checkInteger('sampleSeeds', 'count', count, 0, 2 ** 26);
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

/** Checks the call and fills in defaults. @throws {Qwen3Error} `option` that names the caller's option. */
export function resolveGenerateOptions(
  caller: string,
  model: Qwen3,
  prompts: readonly ArrayLike<number>[],
  options: GenerateOptions,
): ResolvedGenerateOptions {
  checkModel(caller, model);
  checkOptionNames(caller, options, GENERATE_OPTIONS);
  const { vocabSize } = model.config;
  const { maxTokens, numGenerations = 1, temperature = 1 } = options;
  checkInteger(caller, 'maxTokens', maxTokens, 1, MOST);
  checkInteger(caller, 'numGenerations', numGenerations, 1, MOST);
  checkPrompts(caller, prompts, vocabSize);
  const eosIds =
    options.eosIds === undefined ? endsOfConfig(caller, model) : (options.eosIds ?? []);
  checkTokenIds(caller, 'eosIds', eosIds, vocabSize);
  const resolved = {
    maxTokens,
    numGenerations,
    temperature,
    topK: options.topK ?? 0,
    topP: options.topP ?? 1,
    minP: options.minP ?? 0,
    repetitionPenalty: options.repetitionPenalty ?? 1,
    suppressTokens: options.suppressTokens ?? [],
    seeds: readSeeds(caller, options, temperature, prompts.length * numGenerations),
    eosIds,
    shouldStop: synchronous(caller, options.shouldStop ?? undefined),
    signal: options.signal ?? undefined,
    onProgress: options.onProgress ?? undefined,
  };
  checkSampling(caller, resolved, vocabSize);
  return resolved;
}

type ShouldStop = NonNullable<GenerateOptions['shouldStop']>;

/** The promise of an async function counts as true: every completion would end after one token. */
function synchronous(caller: string, shouldStop: ShouldStop | undefined): ShouldStop | undefined {
  if (shouldStop === undefined) return undefined;
  checkFunction(caller, 'shouldStop', shouldStop);
  return (ids) => {
    const answer: unknown = shouldStop(ids);
    if (!(answer instanceof Promise)) return Boolean(answer);
    answer.catch(() => {}); // its failure must not end the process as well
    throw new Qwen3Error(
      'option',
      `${caller}: shouldStop must return true or false, it returned a promise. Make it synchronous.`,
    );
  };
}

/** The ids that end a text of this model, by its config. @throws {Qwen3Error} `config` for one it cannot sample. */
export function endsOfConfig(caller: string, model: Qwen3): number[] {
  const { eosTokenId, vocabSize } = model.config;
  const ends = [eosTokenId ?? []].flat();
  for (const id of ends) {
    if (Number.isInteger(id) && id >= 0 && id < vocabSize) continue;
    throw new Qwen3Error(
      'config',
      `${caller}: the model's config says that ${showValue(id)} ends a text (eosTokenId), the vocabulary has ${vocabSize} tokens. Correct eos_token_id, or give eosIds.`,
    );
  }
  return ends;
}

function checkSampling(caller: string, options: ResolvedGenerateOptions, vocabSize: number): void {
  const { temperature, topK, topP, minP, repetitionPenalty, suppressTokens } = options;
  const check = (isGood: boolean, name: string, must: string, value: unknown): void => {
    if (isGood) return;
    throw new Qwen3Error('option', `${caller}: ${name} must be ${must}, got ${showValue(value)}.`);
  };
  const isNumber = (value: unknown): value is number => Number.isFinite(value);
  check(
    temperature === 0 || (isNumber(temperature) && temperature >= LEAST_TEMPERATURE),
    'temperature',
    `0 (greedy), or ${LEAST_TEMPERATURE} or more`,
    temperature,
  );
  check(Number.isInteger(topK) && topK >= 0, 'topK', 'a whole number, 0 (off) or more', topK);
  check(isNumber(topP) && topP > 0 && topP <= 1, 'topP', 'above 0 and at most 1 (off)', topP);
  check(isNumber(minP) && minP >= 0 && minP <= 1, 'minP', 'from 0 (off) to 1', minP);
  check(
    isNumber(repetitionPenalty) && repetitionPenalty > 0,
    'repetitionPenalty',
    'above 0, with 1 for off',
    repetitionPenalty,
  );
  if (options.onProgress !== undefined) checkFunction(caller, 'onProgress', options.onProgress);
  const { signal } = options;
  const isSignal = signal === undefined || typeof signal.throwIfAborted === 'function';
  check(isSignal, 'signal', 'an AbortSignal', signal);
  checkTokenIds(caller, 'suppressTokens', suppressTokens, vocabSize);
  check(
    new Set(suppressTokens).size < vocabSize,
    'suppressTokens',
    'fewer than all ids',
    suppressTokens,
  );
}

function readSeeds(
  caller: string,
  { seed, seeds }: GenerateOptions,
  temperature: number,
  count: number,
): ArrayLike<number> {
  if (seed !== undefined && seed !== null) checkInteger(caller, 'seed', seed, 0);
  if (seeds !== undefined && seeds !== null) {
    checkWholeNumbers(caller, 'seeds', seeds, 2 ** 53);
    if (seeds.length === count) return seeds;
    throw new Qwen3Error(
      'option',
      `${caller}: seeds must have one entry per completion (${count}), got ${seeds.length}.`,
    );
  }
  if (temperature > 0 && (seed === undefined || seed === null)) {
    throw new Qwen3Error(
      'option',
      `${caller}: sampling needs seed or seeds: a hidden seed could not be repeated. Give one, or temperature 0.`,
    );
  }
  return sampleSeeds(seed ?? 0, count);
}

function checkPrompts(
  caller: string,
  prompts: readonly ArrayLike<number>[],
  vocabSize: number,
): void {
  checkList(caller, 'prompts', prompts);
  for (const [index, prompt] of prompts.entries()) {
    checkTokenIds(caller, `prompt ${index}`, prompt, vocabSize);
    if (prompt.length > 0) continue;
    throw new Qwen3Error(
      'option',
      `${caller}: prompt ${index} is empty. Give at least one token, such as the start of a turn.`,
    );
  }
}
