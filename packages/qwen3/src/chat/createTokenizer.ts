import { Tokenizer as HubTokenizer } from '@huggingface/tokenizers';
import { Qwen3Error } from '../errors.ts';

/** Text to token ids and back. */
export interface Tokenizer {
  /** Special tokens written out in the text (`<|im_end|>`) become their single id; none is added. */
  encode(text: string): number[];
  /** Bytes that form no character yet (a cut emoji) become U+FFFD. */
  decode(ids: ArrayLike<number>, options?: { skipSpecial?: boolean }): string;
  /** Id of an added token such as `<|im_end|>`. @throws {Qwen3Error} `tokenizer` if there is none. */
  specialId(token: string): number;
  /** One more than the largest id. The model's embedding may have more rows. */
  readonly vocabSize: number;
}

/** A tokenizer from the parsed content of its files, for programs without a file system. */
export function createTokenizer(
  json: Record<string, unknown>,
  config: Record<string, unknown> = {},
): Tokenizer {
  const hub = new HubTokenizer(json, { clean_up_tokenization_spaces: false, ...config });
  const added = hub.get_added_tokens_decoder();
  let vocabSize = 0;
  for (const id of hub.get_vocab(true).values()) vocabSize = Math.max(vocabSize, id + 1);
  return {
    vocabSize,
    encode: (text) => (text === '' ? [] : hub.encode(text, { add_special_tokens: false }).ids),
    decode(ids, { skipSpecial = false } = {}) {
      // The library throws on an empty list and on ids it does not know.
      const known = Array.from(ids).filter((id) => hub.id_to_token(id) !== undefined);
      return known.length === 0 ? '' : hub.decode(known, { skip_special_tokens: skipSpecial });
    },
    specialId(token) {
      for (const [id, { content }] of added) if (content === token) return id;
      throw new Qwen3Error(
        'tokenizer',
        `Tokenizer.specialId: '${token}' is not a special token of this tokenizer. Known: ${[...added.values()].map(({ content }) => content).join(', ')}.`,
      );
    },
  };
}
