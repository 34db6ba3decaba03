import { Qwen3Error } from '../base/errors.ts';
import { showValue } from '../base/showValue.ts';
import { type MetadataReader, metadataReader } from './metadataValues.ts';
import type { GgufFile } from './openGguf.ts';
import { PRE_TOKENIZERS } from './preTokenizers.ts';

/** What a folder would hold in `tokenizer.json` and `tokenizer_config.json`. */
export interface TokenizerFiles {
  json: Record<string, unknown>;
  config: Record<string, unknown>;
}

/** llama.cpp's kinds of tokens. */
const CONTROL = 3;
const USER_DEFINED = 4;
const UNUSED = 5;

/**
 * The tokenizer of a GGUF file: byte-level BPE with the file's merges.
 *
 * Control and user-defined tokens are found whole in text, the former are special. Unused ones (rows that only fill
 * up the embedding) are no tokens, as in the model's own `tokenizer.json`.
 *
 * @throws {Qwen3Error} `unsupported` for sentencepiece and other vocabularies, and for an unknown way to cut text;
 * `checkpoint` for lists that are missing or do not fit.
 */
export function ggufTokenizer(caller: string, file: GgufFile): TokenizerFiles {
  const reader = metadataReader(caller, file);
  const model = reader.text('tokenizer.ggml.model');
  const refuse = (code: 'unsupported' | 'checkpoint', what: string): never => {
    throw new Qwen3Error(code, `${caller}: ${file.path} ${what}`);
  };
  if (model !== 'gpt2') {
    const found =
      model === undefined ? 'no tokenizer' : `a tokenizer of the kind ${showValue(model)}`;
    refuse(
      'unsupported',
      `has ${found}; byte-level BPE ("gpt2") is read. Use the tokenizer.json of the model.`,
    );
  }
  const tokens = reader.list('tokenizer.ggml.tokens', 'string') ?? [];
  const merges = reader.list('tokenizer.ggml.merges', 'string') ?? [];
  const types = reader.list('tokenizer.ggml.token_type', 'number') ?? tokens.map(() => 1);
  if (tokens.length === 0) refuse('checkpoint', 'has no tokens. It is damaged.');
  if (types.length !== tokens.length) {
    refuse(
      'checkpoint',
      `has ${tokens.length} tokens and ${types.length} kinds of them. It is damaged.`,
    );
  }
  const name = reader.text('tokenizer.ggml.pre') ?? 'gpt-2';
  const pre = Object.hasOwn(PRE_TOKENIZERS, name) ? PRE_TOKENIZERS[name] : undefined;
  if (!pre) {
    return refuse(
      'unsupported',
      `cuts text in the way ${showValue(name)}; known: ${Object.keys(PRE_TOKENIZERS).join(', ')}. Use the tokenizer.json of the model.`,
    );
  }
  const isAdded = (id: number): boolean => types[id] === CONTROL || types[id] === USER_DEFINED;
  const own = tokens.map((token, id) => [token, id] as const);
  return {
    json: {
      version: '1.0',
      added_tokens: own
        .filter(([, id]) => isAdded(id))
        .map(([content, id]) => ({ id, content, ...PLAIN, special: types[id] === CONTROL })),
      normalizer: pre.normalizer,
      pre_tokenizer: pre.pre_tokenizer,
      post_processor: null,
      decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
      model: {
        type: 'BPE',
        ignore_merges: pre.ignoreMerges,
        vocab: Object.fromEntries(own.filter(([, id]) => !isAdded(id) && types[id] !== UNUSED)),
        merges,
      },
    },
    config: tokenizerConfig(reader, tokens),
  };
}

/** An added token is found anywhere, as it is spelled. */
const PLAIN = { single_word: false, lstrip: false, rstrip: false, normalized: false };

function tokenizerConfig(
  reader: MetadataReader,
  tokens: readonly string[],
): Record<string, unknown> {
  const named = (key: string): string | null =>
    tokens[reader.number(`tokenizer.ggml.${key}`) ?? -1] ?? null;
  return {
    add_bos_token: reader.flag('tokenizer.ggml.add_bos_token') ?? false,
    bos_token: named('bos_token_id'),
    eos_token: named('eos_token_id'),
    pad_token: named('padding_token_id'),
    unk_token: named('unknown_token_id'),
    chat_template: reader.text('tokenizer.chat_template') ?? null,
    clean_up_tokenization_spaces: false,
  };
}
