import { Qwen3Error } from '../base/errors.ts';
import { showValue } from '../base/showValue.ts';
import type { TokenizerFiles } from './ggufTokenizer.ts';
import { PRE_TOKENIZERS } from './preTokenizers.ts';
import type { GgufValue } from './writeGguf.ts';

type Json = Record<string, unknown>;
type Metadata = Record<string, GgufValue>;

const NORMAL = 1;
const CONTROL = 3;
const USER_DEFINED = 4;
const UNUSED = 5;

/**
 * A byte-level BPE tokenizer as llama.cpp wants it. Rows of the embedding without a token are filled up with unused
 * ones, as its converter does.
 *
 * @param vocabSize - rows of the embedding.
 * @throws {Qwen3Error} `unsupported` for another kind of tokenizer, or one that cuts text in a way llama.cpp has no name
 * for; `checkpoint` if it has more tokens than the model.
 */
export function tokenizerMetadata(
  caller: string,
  { json, config }: TokenizerFiles,
  vocabSize: number,
): Metadata {
  const refuse = (code: 'unsupported' | 'checkpoint', what: string): never => {
    throw new Qwen3Error(code, `${caller}: the tokenizer ${what}`);
  };
  const { type, vocab, merges } = json.model as Json; // createTokenizer has looked at it
  if (type !== 'BPE')
    refuse('unsupported', `is ${showValue(type)}; byte-level BPE can be written.`);
  const pre = preTokenizerName(json);
  if (pre === undefined) {
    return refuse(
      'unsupported',
      `cuts text otherwise than ${Object.keys(PRE_TOKENIZERS).join(', ')}, which llama.cpp could repeat.`,
    );
  }
  const tokens = Array.from({ length: vocabSize }, (_, id) => `[PAD${id}]`);
  const types: number[] = new Array(vocabSize).fill(UNUSED);
  const place = (token: string, id: number, kind: number): void => {
    if (id >= vocabSize) {
      refuse(
        'checkpoint',
        `has the id ${id}, the model has ${vocabSize} tokens. It is of another model.`,
      );
    }
    tokens[id] = token;
    types[id] = kind;
  };
  for (const [token, id] of Object.entries(vocab as Record<string, number>))
    place(token, id, NORMAL);
  for (const { content, id, special } of json.added_tokens as AddedJson[]) {
    place(content, id, special ? CONTROL : USER_DEFINED);
  }
  return {
    'tokenizer.ggml.model': { type: 'text', value: 'gpt2' },
    'tokenizer.ggml.pre': { type: 'text', value: pre },
    'tokenizer.ggml.tokens': { type: 'texts', value: tokens },
    'tokenizer.ggml.token_type': { type: 'int32s', value: types },
    'tokenizer.ggml.merges': {
      type: 'texts',
      value: (merges as (string | string[])[]).map((merge) =>
        typeof merge === 'string' ? merge : merge.join(' '),
      ),
    },
    ...namedTokens(config, tokens),
    'tokenizer.ggml.add_bos_token': { type: 'bool', value: config.add_bos_token === true },
    ...(typeof config.chat_template === 'string' && {
      'tokenizer.chat_template': { type: 'text', value: config.chat_template } as const,
    }),
  };
}

interface AddedJson {
  id: number;
  content: string;
  special?: boolean;
}

/** llama.cpp's name of the way a `tokenizer.json` normalises and cuts text. */
function preTokenizerName(json: Json): string | undefined {
  const wanted = [normalForm(json.normalizer), cuts(json.pre_tokenizer)].join();
  const found = Object.entries(PRE_TOKENIZERS).find(
    ([, known]) => [normalForm(known.normalizer), cuts(known.pre_tokenizer)].join() === wanted,
  );
  return found?.[0];
}

function normalForm(normalizer: unknown): string {
  return String((normalizer as Json | null | undefined)?.type ?? 'none');
}

/** What decides where words end, whatever else the steps say. */
function cuts(step: unknown): string {
  const { type, pretokenizers, pattern, ...rest } = (step ?? {}) as Json;
  if (type === 'Sequence') return (pretokenizers as unknown[]).map(cuts).join('; ');
  if (type === 'Split') return `split ${(pattern as Json | undefined)?.Regex} ${rest.behavior}`;
  if (type === 'Digits') return `digits ${rest.individual_digits}`;
  if (type === 'ByteLevel') return `bytes ${rest.use_regex ?? true} ${rest.add_prefix_space}`;
  return String(type);
}

function namedTokens(config: Json, tokens: readonly string[]): Metadata {
  const keys = { bos_token: 'bos', eos_token: 'eos', pad_token: 'padding', unk_token: 'unknown' };
  const named: Metadata = {};
  for (const [field, key] of Object.entries(keys)) {
    const value = config[field];
    const token = typeof value === 'object' ? (value as Json | null)?.content : value;
    const id = tokens.indexOf(String(token));
    if (id >= 0) named[`tokenizer.ggml.${key}_token_id`] = { type: 'uint32', value: id };
  }
  return named;
}
