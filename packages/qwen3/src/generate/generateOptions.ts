import type { CacheDtype, KvCache } from '@molrl/tensor-gpu';
import type { TextTokenizer } from './completionText.ts';

/** How a token is drawn. What `null` stands for, where it is allowed: off, or none. */
export interface DrawOptions {
  /** Divides the logits, at least 1e-6; 0 = greedy. Default 1. */
  temperature?: number | undefined;
  /** Keep the k most probable tokens and ties with the k-th. Default off, as is 0. */
  topK?: number | null | undefined;
  /** Keep the most probable tokens that together reach p. Default off. */
  topP?: number | null | undefined;
  /** Keep tokens of at least this fraction of the largest probability. Default off. */
  minP?: number | null | undefined;
  /** Logits of ids in prompt or completion are divided by it, negative ones multiplied (transformers). Default off. */
  repetitionPenalty?: number | null | undefined;
  /** Taken from the logit of every id that the completion has (OpenAI, vLLM). Default off. */
  presencePenalty?: number | null | undefined;
  /** Taken from the logit of an id as many times as the completion has it (OpenAI, vLLM). Default off. */
  frequencyPenalty?: number | null | undefined;
  /** Added to the logits of ids: an object, or pairs. Default none. */
  logitBias?:
    | Readonly<Record<number, number>>
    | Iterable<readonly [id: number, bias: number]>
    | null
    | undefined;
  /** Ids that are never sampled (transformers' `suppress_tokens`). Default none. */
  suppressTokens?: readonly number[] | null | undefined;
  /** The only ids that may be sampled (vLLM's `allowed_token_ids`). Default all. */
  allowedTokenIds?: readonly number[] | null | undefined;
}

/** `stop` needs the tokenizer. */
type TextOptions =
  | {
      /** Gives each completion its `text`. */
      tokenizer: TextTokenizer;
      /**
       * Texts that end a completion: its ids are the fewest whose text has one of them, its `text` ends before it.
       * Default none.
       */
      stop?: readonly string[] | null | undefined;
    }
  | { tokenizer?: undefined; stop?: null | undefined };

/** A cache has its own dtype. */
type CacheOptions =
  | {
      /** Keys and values that stay for later calls: a prompt that goes on where an earlier one ended computes what is new. */
      cache?: null | undefined;
      /** How keys and values are kept while the call runs. Default `'f32'`. */
      cacheDtype?: CacheDtype | null | undefined;
    }
  | { cache: KvCache; cacheDtype?: null | undefined };

export type GenerateOptions = DrawOptions &
  TextOptions &
  CacheOptions & {
    /** Longest completion, in tokens. No default: it bounds time and memory. */
    maxTokens: number;
    /** Completions per prompt, G. Default 1. */
    numGenerations?: number | undefined;
    /** Completions in flight at once: each place that becomes free is taken by the next. Default 256. */
    maxRows?: number | null | undefined;
    /**
     * One seed for the call: completion i gets `sampleSeeds(seed, P * G)[i]`. Or `seeds`, one per completion,
     * `[P * G]`, prompt-major. A completion depends on its prompt and its own seed only, never on the batch.
     */
    seed?: number | null | undefined;
    seeds?: ArrayLike<number> | null | undefined;
    /** Stop after one of these ids (it is kept). Default: all ends of the model's `eosTokenId`. `null`: none. */
    eosIds?: readonly number[] | null | undefined;
    /** Asked after every token of a completion with its ids so far and its index; `true` stops it. */
    shouldStop?: ((ids: Int32Array, index: number) => boolean) | null | undefined;
    /** Give each completion its `samplingMask`. Default false. */
    returnSamplingMask?: boolean | null | undefined;
    /** Give each completion so many `topLogprobs`, at most 64. Default 0. */
    topLogprobs?: number | null | undefined;
    /** Stops the call, which then rejects with the signal's reason. */
    signal?: AbortSignal | null | undefined;
    onProgress?:
      | ((progress: { tokens: number; done: number; total: number }) => void)
      | null
      | undefined;
  };

export const GENERATE_OPTIONS: readonly string[] = [
  'maxTokens',
  'numGenerations',
  'maxRows',
  'temperature',
  'topK',
  'topP',
  'minP',
  'repetitionPenalty',
  'presencePenalty',
  'frequencyPenalty',
  'logitBias',
  'suppressTokens',
  'allowedTokenIds',
  'seed',
  'seeds',
  'eosIds',
  'tokenizer',
  'stop',
  'shouldStop',
  'cache',
  'cacheDtype',
  'returnSamplingMask',
  'topLogprobs',
  'signal',
  'onProgress',
] satisfies (keyof GenerateOptions)[];

/** Options with every default filled in, as the decoder takes them. */
export interface ResolvedGenerateOptions {
  maxTokens: number;
  numGenerations: number;
  maxRows: number;
  temperature: number;
  topK: number;
  topP: number;
  minP: number;
  repetitionPenalty: number;
  presencePenalty: number;
  frequencyPenalty: number;
  logitBias: readonly (readonly [id: number, bias: number])[];
  suppressTokens: readonly number[];
  allowedTokenIds: readonly number[] | null;
  seeds: ArrayLike<number>;
  eosIds: readonly number[];
  tokenizer: TextTokenizer | undefined;
  stop: readonly string[];
  shouldStop: ((ids: Int32Array, index: number) => boolean) | undefined;
  cache: KvCache | undefined;
  cacheDtype: CacheDtype;
  returnSamplingMask: boolean;
  topLogprobs: number;
  signal: AbortSignal | undefined;
  onProgress: ((progress: { tokens: number; done: number; total: number }) => void) | undefined;
}
