import { createKvCache } from '@molrl/tensor-gpu';
import { Qwen3Error } from '../base/errors.ts';
import {
  checkBoolean,
  checkChoice,
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
import type { Qwen3Config } from '../model/qwen3Config.ts';
import { checkStop } from './completionText.ts';
import {
  type DrawOptions,
  GENERATE_OPTIONS,
  type GenerateOptions,
  type ResolvedGenerateOptions,
} from './generateOptions.ts';
import { sampleSeeds } from './sampleSeeds.ts';

/** Below it logits overflow float32: log-probs would be NaN. */
export const LEAST_TEMPERATURE = 1e-6;

/** Longest completion and largest group: beyond that the tables alone would fill memory. */
const MOST = 2 ** 20;
/** As the decoder has them. */
const MOST_ROWS = 256;
const MOST_TOP = 64;

/** Checks the call and fills in defaults. @throws {Qwen3Error} `option` that names the caller's option. */
export function resolveGenerateOptions(
  caller: string,
  { model, prompts }: { model: Qwen3; prompts: readonly ArrayLike<number>[] },
  options: GenerateOptions,
): ResolvedGenerateOptions {
  checkModel(caller, model);
  checkOptionNames(caller, options, GENERATE_OPTIONS);
  const { vocabSize } = model.config;
  const { maxTokens, numGenerations = 1, temperature = 1, tokenizer } = options;
  checkInteger(`${caller}: maxTokens`, maxTokens, [1, MOST]);
  checkInteger(`${caller}: numGenerations`, numGenerations, [1, MOST]);
  checkPrompts(caller, prompts, model.config);
  const eosIds =
    options.eosIds === undefined ? endsOfConfig(caller, model) : (options.eosIds ?? []);
  checkTokenIds(`${caller}: eosIds`, eosIds, vocabSize);
  const stop: unknown = options.stop ?? [];
  checkStop(caller, stop, tokenizer);
  const resolved = {
    maxTokens,
    numGenerations,
    maxRows: options.maxRows ?? MOST_ROWS,
    ...drawSettings(options),
    temperature,
    tokenizer,
    stop,
    cache: options.cache ?? undefined,
    cacheDtype: options.cacheDtype ?? 'f32',
    returnSamplingMask: options.returnSamplingMask ?? false,
    topLogprobs: options.topLogprobs ?? 0,
    seeds: readSeeds(caller, options, { temperature, count: prompts.length * numGenerations }),
    eosIds,
    shouldStop: synchronous(caller, options.shouldStop ?? undefined),
    signal: options.signal ?? undefined,
    onProgress: options.onProgress ?? undefined,
  };
  checkSampling(caller, resolved, vocabSize);
  checkRest(caller, resolved);
  return resolved;
}

/** With what means "off" where an option is not given. */
function drawSettings(options: DrawOptions) {
  const { logitBias } = options;
  const pairs: Iterable<readonly [id: number | string, bias: number]> =
    logitBias && Symbol.iterator in logitBias ? logitBias : Object.entries(logitBias ?? {});
  return {
    topK: options.topK ?? 0,
    topP: options.topP ?? 1,
    minP: options.minP ?? 0,
    repetitionPenalty: options.repetitionPenalty ?? 1,
    presencePenalty: options.presencePenalty ?? 0,
    frequencyPenalty: options.frequencyPenalty ?? 0,
    logitBias: Array.from(pairs, ([id, bias]) => [Number(id), bias] as const),
    suppressTokens: options.suppressTokens ?? [],
    allowedTokenIds: options.allowedTokenIds ?? null,
  };
}

function checkRest(caller: string, options: ResolvedGenerateOptions): void {
  checkInteger(`${caller}: maxRows`, options.maxRows, [1, MOST]);
  checkInteger(`${caller}: topLogprobs`, options.topLogprobs, [0, MOST_TOP]);
  checkBoolean(`${caller}: returnSamplingMask`, options.returnSamplingMask);
  checkChoice(`${caller}: cacheDtype`, options.cacheDtype, ['f32', 'bf16', 'int8']);
  const { cache, onProgress, signal } = options;
  if (onProgress !== undefined) checkFunction(`${caller}: onProgress`, onProgress);
  if (signal !== undefined && typeof signal.throwIfAborted !== 'function') {
    throw new Qwen3Error(
      'option',
      `${caller}: signal must be an AbortSignal, got ${showValue(signal)}.`,
    );
  }
  if (cache === undefined || cache.constructor === createKvCache().constructor) return;
  throw new Qwen3Error(
    'option',
    `${caller}: cache must be what createKvCache returns, got ${showValue(cache)}.`,
  );
}

type ShouldStop = NonNullable<GenerateOptions['shouldStop']>;

/** The promise of an async function counts as true: every completion would end after one token. */
function synchronous(caller: string, shouldStop: ShouldStop | undefined): ShouldStop | undefined {
  if (shouldStop === undefined) return undefined;
  checkFunction(`${caller}: shouldStop`, shouldStop);
  return (ids, index) => {
    const answer: unknown = shouldStop(ids, index);
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
  const check = (isGood: boolean, named: Record<string, unknown>, must: string): void => {
    if (isGood) return;
    const [[name, value] = []] = Object.entries(named);
    throw new Qwen3Error('option', `${caller}: ${name} must be ${must}, got ${showValue(value)}.`);
  };
  const isNumber = (value: unknown): value is number => Number.isFinite(value);
  check(
    temperature === 0 || (isNumber(temperature) && temperature >= LEAST_TEMPERATURE),
    { temperature },
    `0 (greedy), or ${LEAST_TEMPERATURE} or more`,
  );
  check(Number.isInteger(topK) && topK >= 0, { topK }, 'a whole number, 0 (off) or more');
  check(isNumber(topP) && topP > 0 && topP <= 1, { topP }, 'above 0 and at most 1 (off)');
  check(isNumber(minP) && minP >= 0 && minP <= 1, { minP }, 'from 0 (off) to 1');
  check(
    isNumber(repetitionPenalty) && repetitionPenalty > 0,
    { repetitionPenalty },
    'above 0, with 1 for off',
  );
  const { presencePenalty, frequencyPenalty, logitBias, allowedTokenIds } = options;
  check(isNumber(presencePenalty), { presencePenalty }, 'a finite number');
  check(isNumber(frequencyPenalty), { frequencyPenalty }, 'a finite number');
  const biased = logitBias.map(([id]) => id);
  checkTokenIds(`${caller}: ids of logitBias`, biased, vocabSize);
  for (const [id, bias] of logitBias)
    check(isNumber(bias), { [`logitBias[${id}]`]: bias }, 'a finite number');
  checkTokenIds(`${caller}: suppressTokens`, suppressTokens, vocabSize);
  if (allowedTokenIds !== null)
    checkTokenIds(`${caller}: allowedTokenIds`, allowedTokenIds, vocabSize);
  const never = new Set(suppressTokens);
  check(never.size < vocabSize, { suppressTokens }, 'fewer than all ids');
  check(
    allowedTokenIds?.some((id) => !never.has(id)) ?? true,
    { allowedTokenIds },
    'at least one id that suppressTokens leaves',
  );
}

function readSeeds(
  caller: string,
  { seed, seeds }: GenerateOptions,
  { temperature, count }: { temperature: number; count: number },
): ArrayLike<number> {
  if (seed !== undefined && seed !== null) checkInteger(`${caller}: seed`, seed, [0]);
  if (seeds !== undefined && seeds !== null) {
    checkWholeNumbers(`${caller}: seeds`, seeds, { below: 2 ** 53 });
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
  { vocabSize, maxPositionEmbeddings }: Qwen3Config,
): void {
  checkList(`${caller}: prompts`, prompts);
  for (const [index, prompt] of prompts.entries()) {
    checkTokenIds(`${caller}: prompt ${index}`, prompt, vocabSize);
    if (prompt.length === 0) {
      throw new Qwen3Error(
        'option',
        `${caller}: prompt ${index} is empty. Give at least one token, such as the start of a turn.`,
      );
    }
    if (prompt.length <= maxPositionEmbeddings) continue;
    throw new Qwen3Error(
      'option',
      `${caller}: prompt ${index} has ${prompt.length} tokens, the model's context is ${maxPositionEmbeddings} (maxPositionEmbeddings). Shorten it, or load a model of a longer context.`,
    );
  }
}
