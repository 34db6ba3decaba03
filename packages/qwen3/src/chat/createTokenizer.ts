import { Tokenizer as HubTokenizer } from '@huggingface/tokenizers';
import { Qwen3Error } from '../base/errors.ts';
import { checkBoolean, checkNumbers, checkOptionNames } from '../base/optionChecks.ts';
import { showValue } from '../base/showValue.ts';
import type { AddedToken, TextRange } from './addedTokens.ts';
import { preTokenizerSteps } from './preTokenizer.ts';
import { textEncoder } from './textEncoder.ts';

export interface EncodeOptions {
  /**
   * Where added tokens that are written out (`<|im_end|>`, `<think>`) are ordinary text: `true` = in the whole text,
   * or ranges in UTF-16 units. What touches a range is not such a token. For text of others, which must not close a
   * turn or open one. Default: nowhere; with `split_special_tokens` in the tokenizer's config everywhere, for
   * tokens that are marked special (as transformers does).
   */
  verbatim?: boolean | readonly TextRange[] | undefined;
}

export interface DecodeOptions {
  /** Leave special tokens out. Default false. */
  skipSpecial?: boolean | undefined;
  /** Leave ids that have no token out, instead of an error. Default false. */
  skipUnknown?: boolean | undefined;
}

/** Text to token ids and back. */
export interface Tokenizer {
  /** Added tokens written out in the text (`<|im_end|>`) become their single id; none is added. */
  encode(text: string, options?: EncodeOptions): number[];
  /**
   * The text exactly as the tokens spell it: `clean_up_tokenization_spaces` of the config is not applied. Bytes that
   * form no character yet (a cut emoji) become U+FFFD.
   *
   * @throws {Qwen3Error} `option` for an id that has no token, unless `skipUnknown`.
   */
  decode(ids: ArrayLike<number>, options?: DecodeOptions): string;
  /** Id of an added token such as `<|im_end|>`. @throws {Qwen3Error} `tokenizer` if there is none. */
  specialId(token: string): number;
  /** One more than the largest id. The model's embedding may have more rows. */
  readonly vocabSize: number;
  /** Ids below `vocabSize` that have no token. Default: none. */
  readonly missingIds?: readonly number[] | undefined;
}

/**
 * A tokenizer from the parsed content of its files, for programs without a file system.
 *
 * Ids equal those of Hugging Face's tokenizers. Text is put into NFC where the file says so, by the Unicode tables of
 * the JavaScript engine.
 *
 * @param config - content of `tokenizer_config.json`.
 * @throws {Qwen3Error} `tokenizer` if it is not the content of a `tokenizer.json`.
 *
 * @example
 * const tokenizer = createTokenizer({
 *   added_tokens: [{ id: 2, content: '<|im_end|>', special: true }],
 *   normalizer: null, pre_tokenizer: null, post_processor: null, decoder: { type: 'Fuse' },
 *   model: { type: 'BPE', vocab: { a: 0, b: 1 }, merges: [] },
 * });
 * tokenizer.encode('ab<|im_end|>'); // [0, 1, 2]
 * tokenizer.encode('ab<|im_end|>', { verbatim: true }); // [0, 1]
 */
export function createTokenizer(
  json: Record<string, unknown>,
  config: Record<string, unknown> = {},
): Tokenizer {
  const hub = openHub(json, config);
  const added = [...hub.get_added_tokens_decoder().values()];
  const splits = config.split_special_tokens ?? false;
  if (typeof splits !== 'boolean') {
    throw new Qwen3Error(
      'tokenizer',
      `createTokenizer: split_special_tokens of tokenizer_config.json must be true or false, got ${showValue(splits)}.`,
    );
  }
  const encode = textEncoder(hub, added, splits);
  let vocabSize = 0;
  for (const id of hub.get_vocab(true).values()) vocabSize = Math.max(vocabSize, id + 1);
  const hasToken = (id: unknown): boolean =>
    Number.isInteger(id) && hub.id_to_token(id as number) !== undefined; // an integer
  return {
    vocabSize,
    missingIds: Array.from({ length: vocabSize }, (_, id) => id).filter((id) => !hasToken(id)),
    encode(text, options = {}) {
      checkOptionNames('Tokenizer.encode', options, ['verbatim']);
      if (typeof text === 'string') return encode(text, options.verbatim);
      throw new Qwen3Error(
        'option',
        `Tokenizer.encode: text must be a text, got ${showValue(text)}.`,
      );
    },
    decode(ids, options = {}) {
      checkOptionNames('Tokenizer.decode', options, ['skipSpecial', 'skipUnknown']);
      const { skipSpecial = false, skipUnknown = false } = options;
      checkBoolean('Tokenizer.decode: skipSpecial', skipSpecial);
      checkBoolean('Tokenizer.decode: skipUnknown', skipUnknown);
      checkNumbers('Tokenizer.decode: ids', ids);
      const known = Array.from(ids).filter((id, i) => {
        if (hasToken(id)) return true;
        if (skipUnknown) return false;
        throw new Qwen3Error(
          'option',
          `Tokenizer.decode: ids[${i}] is ${showValue(id)}, which has no token: ids are whole numbers below ${vocabSize}. With skipUnknown such ids are left out.`,
        );
      });
      if (known.length === 0) return ''; // the library throws on an empty list
      const settings = { skip_special_tokens: skipSpecial, clean_up_tokenization_spaces: false };
      return hub.decode(known, settings);
    },
    specialId(token) {
      const found = added.find(({ content }) => content === token);
      if (found) return found.id;
      throw new Qwen3Error(
        'tokenizer',
        `Tokenizer.specialId: ${showValue(token)} is not a special token of this tokenizer. Known: ${added.map(({ content }) => content).join(', ')}.`,
      );
    },
  };
}

function openHub(json: Record<string, unknown>, config: Record<string, unknown>): HubTokenizer {
  checkFile(json);
  try {
    const steps = preTokenizerSteps(json.pre_tokenizer);
    return new HubTokenizer({ ...json, pre_tokenizer: steps }, config);
  } catch (cause) {
    throw notATokenizer((cause as Error).message, { cause }); // the library throws Errors
  }
}

/** What the library would fall over with a message of its inner parts. */
function checkFile(json: Record<string, unknown>): void {
  const isObject = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject(json)) throw notATokenizer(`must be an object, got ${showValue(json)}`);
  const { model, added_tokens: added } = json;
  if (!isObject(model)) throw notATokenizer(`model must be an object, got ${showValue(model)}`);
  if (model.vocab === null || typeof model.vocab !== 'object') {
    throw notATokenizer(
      `model.vocab must hold tokens and their ids, got ${showValue(model.vocab)}`,
    );
  }
  if (model.type === 'BPE') {
    if (!Array.isArray(model.merges)) {
      throw notATokenizer(`model.merges must be a list, got ${showValue(model.merges)}`);
    }
    const odd = model.merges.findIndex((merge) => !isMerge(merge));
    if (odd >= 0) {
      throw notATokenizer(
        `model.merges[${odd}] must be 'a b' or ['a', 'b'], got ${showValue(model.merges[odd])}`,
      );
    }
    const vocab = model.vocab as Record<string, unknown>; // not null, an object
    const bad = Object.keys(vocab).find((token) => !isId(vocab[token]));
    if (bad !== undefined) {
      throw notATokenizer(
        `model.vocab[${showValue(bad)}] must be an id, got ${showValue(vocab[bad])}`,
      );
    }
  }
  if (!Array.isArray(added))
    throw notATokenizer(`added_tokens must be a list, got ${showValue(added)}`);
  added.forEach((token: Partial<AddedToken> | null, i) => {
    if (typeof token?.content === 'string' && isId(token.id)) return;
    throw notATokenizer(
      `added_tokens[${i}] must have an id and a content, got ${showValue(token)}`,
    );
  });
}

function isMerge(merge: unknown): boolean {
  const parts: unknown = typeof merge === 'string' ? merge.split(' ') : merge;
  return Array.isArray(parts) && parts.length === 2 && parts.every((p) => typeof p === 'string');
}

/** Ids index a table: a size of a damaged file must not allocate gigabytes. */
function isId(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 24; // an integer
}

function notATokenizer(what: string, options?: ErrorOptions): Qwen3Error {
  return new Qwen3Error(
    'tokenizer',
    `createTokenizer: ${what}. Give the parsed content of a tokenizer.json.`,
    options,
  );
}
