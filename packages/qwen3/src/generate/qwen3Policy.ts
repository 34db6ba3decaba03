import { createKvCache, type KvCache } from '@molrl/tensor-gpu';
import { Qwen3Error } from '../base/errors.ts';
import { checkChoice, checkFunction, checkList, checkOptionNames } from '../base/optionChecks.ts';
import { showValue } from '../base/showValue.ts';
import { warn } from '../base/warn.ts';
import { checkTokenizer } from '../chat/checkTokenizer.ts';
import type { Tokenizer } from '../chat/createTokenizer.ts';
import { renderSegments } from '../chat/renderSegments.ts';
import type { Segment } from '../chat/segment.ts';
import { readSpecials, type SpecialsOption } from '../chat/specials.ts';
import { CHAT_FORMATS, type ChatFormat, TURN_FORMATS } from '../chat/turnFormats.ts';
import { checkModel } from '../model/checkModel.ts';
import type { Qwen3 } from '../model/qwen3.ts';
import { deadAdapter } from './adapterLive.ts';
import type { Completion } from './completion.ts';
import { checkStop } from './completionText.ts';
import { generate } from './generate.ts';
import type { DrawOptions, GenerateOptions } from './generateOptions.ts';
import { endsOfPolicy, suppressedIds } from './policyVocabulary.ts';
import { emptyCompletion, type Sampler, sampleFitting } from './sampleFitting.ts';
import { warnOfFilters } from './warnOfFilters.ts';

/** Settings that stay the same from call to call. */
export interface Qwen3PolicyOptions
  extends Omit<DrawOptions, 'temperature' | 'suppressTokens'>,
    Pick<GenerateOptions, 'maxRows' | 'returnSamplingMask' | 'onProgress'> {
  /** How prompts are written down. No default: it must be the format the model knows. */
  format: ChatFormat;
  /** Used where a call gives none. Default 1. */
  temperature?: number | undefined;
  /** Ids that end an answer, beside the format's own (`<|im_end|>`, of `'llama3'` `<|eot_id|>`). Default: all ends of the model's config. `null`: no others. */
  eosIds?: readonly number[] | null | undefined;
  /**
   * Ids that are never sampled, beside those the tokenizer has no token for (rows of the embedding beyond its
   * vocabulary), which would vanish from the text. `null`: sample those as well.
   */
  suppressTokens?: readonly number[] | null | undefined;
  /**
   * Where keys and values of a conversation stay until its next turn, which then computes what is new only. Default: a
   * cache of its own, of at most 1 GiB, that gives way to whatever else needs memory. `null`: every turn starts anew.
   */
  cache?: KvCache | null | undefined;
  /** What samples. Default: `generate`, here. */
  sampler?: Sampler | undefined;
  /** Whether special tokens in texts of others are text: see `renderSegments`. */
  specials?: SpecialsOption | undefined;
  /** What the system says where an episode begins otherwise: see `renderSegments`. */
  system?: string | null | undefined;
  /**
   * Told once if an adapter changes nothing in what is sampled, and if top-k, top-p, min-p or the penalty make answers come from another distribution than `tokens.logprobs`
   * describe. Default `console.warn`; `null`: nobody.
   */
  onWarning?: ((message: string) => void) | null | undefined;
}

const POLICY_OPTIONS: readonly string[] = [
  'format',
  'temperature',
  'topK',
  'topP',
  'minP',
  'repetitionPenalty',
  'presencePenalty',
  'frequencyPenalty',
  'logitBias',
  'allowedTokenIds',
  'maxRows',
  'returnSamplingMask',
  'eosIds',
  'suppressTokens',
  'cache',
  'sampler',
  'specials',
  'system',
  'onProgress',
  'onWarning',
] satisfies (keyof Qwen3PolicyOptions)[];

/** What one call asks for. */
export interface PolicyRequest {
  /** Answers per prompt, G. Default 1. */
  numGenerations?: number | undefined;
  maxTokens: number;
  temperature?: number | undefined;
  seed: number;
  /** One seed per answer, `[P * G]`, instead of those drawn from `seed`. */
  seeds?: ArrayLike<number> | undefined;
  /**
   * Strings that end an answer. Its ids are the fewest whose text has one of them, and those are what is trained on;
   * its text ends before it (as before `<|im_end|>`).
   */
  stop?: readonly string[] | null | undefined;
  signal?: AbortSignal | undefined;
}

/** A model as environments see it: segments in, new segments out. */
export interface Qwen3Policy {
  generate(
    prompts: readonly (readonly Segment[])[],
    request: PolicyRequest,
  ): Promise<SampledSegment[]>;
  /** All ids that end an answer, the format's own first: `completionMask` wants them. */
  readonly eosIds: readonly number[];
}

/** A policy segment together with what was sampled. */
export interface SampledSegment extends Segment {
  tokens: Completion;
  /** The conversation is longer than the model's context: no text, no tokens. `collect` ends such an episode alone. */
  contextFull?: true;
}

/**
 * Lets a model take part in episodes: renders the segments so far, samples the next turn up to an end token, and
 * returns it with its exact token ids and log-probs.
 *
 * The text keeps special tokens (`<think>`) but neither the final end token nor a stop string. `tokens.stop` says what
 * ended it: `'length'` is an answer cut at `maxTokens`, `'eos'` as its last token is not. `turn` counts the model's
 * earlier turns.
 *
 * `tokens.logprobs` are the model's own, which a trainer computes as well; `tokens.behaviorLogprobs` are those of the
 * distribution that was drawn from. They differ under filters, penalties and bias: then a gradient from `logprobs` alone
 * is biased. `rolloutCorrection` wants the latter as `rolloutLogprobs`; or `returnSamplingMask` lets the trainer compute
 * with the distribution that was drawn from.
 *
 * A conversation longer than the model's context has no answer: an empty one with `contextFull`, while the others are
 * sampled. `collect` of the environments' package ends that episode.
 *
 * @returns a policy whose answers are `[P * G]`, prompt-major.
 * @throws {Qwen3Error} `option` for an unknown option or format, `tokenizer` if the tokenizer has no `<|im_end|>` (or what the format ends turns with),
 * `config` if the model's end tokens are not in its vocabulary; from `generate` as the function of that name.
 *
 * @example
 * const tokenizer = {
 *   vocabSize: 128, // one token per character; a real tokenizer comes from loadTokenizer
 *   encode: (text: string) => Array.from(text, (letter) => letter.charCodeAt(0)),
 *   decode: (ids: ArrayLike<number>) => String.fromCharCode(...Array.from(ids)),
 *   specialId: () => 36,
 * };
 * const model = createQwen3({ ...TINY_CONFIG, vocabSize: 128 }, { seed: 1 });
 * const policy = qwen3Policy(model, tokenizer, { format: 'recipe' });
 * const [answer] = await policy.generate(
 *   [[{ speaker: 'user', kind: 'prompt', turn: 0, text: '4876 rav' }]],
 *   { maxTokens: 8, seed: 1 },
 * );
 * answer.kind; // 'policy'
 */
export function qwen3Policy(
  model: Qwen3,
  tokenizer: Tokenizer,
  options: Qwen3PolicyOptions,
): Qwen3Policy {
  checkModel('qwen3Policy', model);
  checkTokenizer('qwen3Policy', tokenizer);
  checkOptionNames('qwen3Policy', options, POLICY_OPTIONS);
  const { format, specials, system, temperature: usualTemperature = 1, onProgress } = options;
  checkChoice('qwen3Policy: format', format, CHAT_FORMATS);
  readSpecials('qwen3Policy', specials);
  const { topK, topP, minP, repetitionPenalty, presencePenalty, frequencyPenalty } = options;
  const { logitBias, allowedTokenIds, maxRows, returnSamplingMask } = options;
  const penalties = { repetitionPenalty, presencePenalty, frequencyPenalty };
  const filters = { topK, topP, minP, ...penalties, logitBias, allowedTokenIds };
  const cache = options.cache === undefined ? createKvCache() : options.cache;
  const eosIds = endsOfPolicy(model, tokenizer, {
    end: TURN_FORMATS[format].end,
    eosIds: options.eosIds,
  });
  const suppressTokens = suppressedIds(model, tokenizer, options.suppressTokens);
  const { onWarning, sampler = generate } = options;
  checkFunction('qwen3Policy: sampler', sampler);
  if (onWarning !== undefined && onWarning !== null) {
    checkFunction('qwen3Policy: onWarning', onWarning);
  }
  warnOfFilters(filters, onWarning);

  const skipUnknown = options.suppressTokens === null;
  const decode = (ids: ArrayLike<number>): string => tokenizer.decode(ids, { skipUnknown });
  return {
    eosIds,
    async generate(prompts, request) {
      checkList('qwen3Policy: generate: prompts', prompts);
      if (typeof request !== 'object' || request === null) {
        throw new Qwen3Error(
          'option',
          `qwen3Policy: generate: the request must be an object with maxTokens and seed, got ${showValue(request)}.`,
        );
      }
      // Other names in a request are for other policies: the environments' package makes it.
      const { numGenerations = 1, temperature = usualTemperature, stop } = request;
      const { maxTokens, seed, seeds, signal } = request;
      checkStop('qwen3Policy: generate', stop ?? [], tokenizer);
      const rendering = { format, specials, system, addGenerationPrompt: true };
      const prompted = prompts.map(
        (segments) => renderSegments(segments, tokenizer, rendering).ids,
      );
      const options = {
        ...filters,
        ...(cache && { cache }),
        maxRows,
        returnSamplingMask,
        tokenizer: { decode, encode: (text: string) => tokenizer.encode(text) },
        stop,
        maxTokens,
        seed,
        seeds,
        signal,
        numGenerations,
        temperature,
        eosIds,
        suppressTokens,
        onProgress,
      };
      const completions = await sampleFitting(sampler, model, { prompts: prompted, options });
      const at = completions.findIndex((completion) => completion !== undefined);
      const first = completions[at];
      const prompt = prompted[Math.floor(at / numGenerations)];
      const dead =
        first && prompt && onWarning !== null
          ? await deadAdapter(model, { prompt, completion: first, temperature })
          : undefined;
      if (dead !== undefined) (onWarning ?? warn)(dead);
      return completions.map((completion, i): SampledSegment => {
        const { text = '', ...tokens } = completion ?? emptyCompletion();
        const segments = prompts[Math.floor(i / numGenerations)]!;
        return {
          speaker: 'assistant',
          kind: 'policy',
          turn: segments.filter(({ kind }) => kind === 'policy').length,
          text,
          tokens,
          ...(completion === undefined && { contextFull: true }),
        };
      });
    },
  };
}
