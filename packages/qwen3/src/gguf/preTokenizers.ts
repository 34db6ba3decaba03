/** How text is prepared and cut into words before merging, in the words of a `tokenizer.json`. */
export interface PreTokenizer {
  normalizer: object | null;
  pre_tokenizer: object;
  /** A word that is a token is one, whatever the merges say. */
  ignoreMerges: boolean;
}

/** GPT-2's cut into words, which the byte level brings along. */
const GPT2 = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };

/** A cut by a pattern of its own. */
function cutBy(pattern: string): object {
  return {
    type: 'Sequence',
    pretokenizers: [
      { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false },
      { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false },
    ],
  };
}

/** Contractions, words with a sign before, numbers of so many digits, signs with their line ends, blanks. */
function words(number: string): string {
  return String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|${number}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;
}

const QWEN2: PreTokenizer = {
  normalizer: { type: 'NFC' },
  pre_tokenizer: cutBy(words(String.raw`\p{N}`)),
  ignoreMerges: false,
};

const LLAMA3: PreTokenizer = {
  normalizer: null,
  pre_tokenizer: cutBy(words(String.raw`\p{N}{1,3}`)),
  ignoreMerges: true,
};

/** Every digit by itself, then GPT-2's cut. */
const SMOLLM: PreTokenizer = {
  normalizer: null,
  pre_tokenizer: {
    type: 'Sequence',
    pretokenizers: [{ type: 'Digits', individual_digits: true }, GPT2],
  },
  ignoreMerges: false,
};

/**
 * By llama.cpp's name in `tokenizer.ggml.pre`.
 *
 * @see https://github.com/ggml-org/llama.cpp/blob/master/src/llama-vocab.cpp
 */
export const PRE_TOKENIZERS: Readonly<Record<string, PreTokenizer>> = {
  qwen2: QWEN2,
  'deepseek-r1-qwen': QWEN2,
  'llama-bpe': LLAMA3,
  llama3: LLAMA3,
  'llama-v3': LLAMA3,
  smollm: SMOLLM,
  'gpt-2': { normalizer: null, pre_tokenizer: GPT2, ignoreMerges: false },
};
