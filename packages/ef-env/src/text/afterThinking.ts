import { readTurn } from './readTurn.ts';
import { MARKED } from './turnParts.ts';

const USUAL: readonly string[] = ['</think>'];

/**
 * The part of a completion that answers: what follows the last `</think>` (or another delimiter), up to the first mark
 * of a chat template. A thought that was opened and never closed leaves nothing. Marks inside code blocks, between
 * backquotes, in tool calls and in `<search>` or `<answer>` are text.
 *
 * @param delimiters - what closes the thought; the last one of any of them counts. Default `['</think>']`.
 *
 * @example
 * afterThinking('<think>Hm.</think>42<|im_end|>'); // '42'
 * afterThinking('Split at `</think>`.'); // 'Split at `</think>`.'
 */
export function afterThinking(completion: string, delimiters: readonly string[] = USUAL): string {
  if (delimiters === USUAL && !MARKED.test(completion)) return completion; // most answers have no mark
  return readTurn(completion, delimiters).answer;
}
