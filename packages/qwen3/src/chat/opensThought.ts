import { pathOrAddress } from '../checkpoint/filePath.ts';
import { templateOf } from './loadChatTemplate.ts';

/** In the source of a template line breaks are written out. */
const OPENING = /assistant(?:\\n|\n)<think>(?:\\n|\n)?['"]/;
const SWITCH = /\benable_thinking\b/;

/**
 * Whether the chat template of a folder or GGUF file ends every prompt inside a thought, as that of Qwen3-…-Thinking-2507
 * does: then `renderChat` and `encodeChat` want `openThought`, and the thought of an answer begins where the answer does.
 *
 * @param source - as `loadChatTemplate`'s.
 * @returns false where there is no template, or one that can be told not to think.
 * @throws {Qwen3Error} `io` if a file cannot be read.
 */
export async function opensThought(source: string | URL): Promise<boolean> {
  const { text = '' } = await templateOf('opensThought', pathOrAddress('opensThought', source));
  return OPENING.test(text) && !SWITCH.test(text);
}
