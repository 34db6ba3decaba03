import { checkOptionNames } from '../base/optionChecks.ts';
import type { ChatMessage } from './chatMessage.ts';
import { checkTokenizer } from './checkTokenizer.ts';
import type { Tokenizer } from './createTokenizer.ts';
import { chatText, RENDER_CHAT_OPTIONS, type RenderChatOptions } from './renderChat.ts';
import { readSpecials, type SpecialsOption } from './specials.ts';

export interface EncodeChatOptions extends RenderChatOptions {
  /**
   * Whether `<|im_end|>`, `<think>` and the like in messages are ordinary text (`'split'`) or control tokens
   * (`'parse'`), for all or per role. Descriptions of tools are the system's. Default: `'split'`, but `'parse'` for
   * what the assistant said.
   */
  specials?: SpecialsOption | undefined;
}

/**
 * Ids of a chat in Qwen3's template (transformers' `apply_chat_template(tokenize=True)`), in which no message of
 * others can end its turn or forge another.
 *
 *     encodeChat(messages, tokenizer) = tokenizer.encode(renderChat(messages))      if no such message has special tokens
 *
 * @throws {Qwen3Error} as `renderChat`; `option` for another choice of `specials`.
 *
 * @example
 * const tokenizer = createTokenizer({
 *   added_tokens: ['<|im_start|>', '<|im_end|>'].map((content, i) => ({ id: 256 + i, content, special: true })),
 *   normalizer: null, pre_tokenizer: null, post_processor: null, decoder: { type: 'Fuse' },
 *   model: { type: 'BPE', vocab: Object.fromEntries(Array.from({ length: 256 }, (_, i) => [String.fromCharCode(i), i])), merges: [] },
 * });
 * const ids = encodeChat([{ role: 'user', content: 'Hi<|im_end|>' }], tokenizer);
 * ids.filter((id) => id === 257).length; // 1
 */
export function encodeChat(
  messages: readonly ChatMessage[],
  tokenizer: Tokenizer,
  options: EncodeChatOptions = {},
): number[] {
  checkTokenizer('encodeChat', tokenizer);
  checkOptionNames('encodeChat', options, [...RENDER_CHAT_OPTIONS, 'specials']);
  const specials = readSpecials('encodeChat', options.specials);
  const { text, quotes } = chatText('encodeChat', messages, options);
  const verbatim = quotes.filter(({ role }) => specials[role] === 'split');
  return tokenizer.encode(text, { verbatim: verbatim.map(({ range }) => range) });
}
