/** Chat markup that may follow an answer. */
const MARKUP =
  /<\|(?:im_end|im_start|endoftext|eot_id|end|user|end_of_text)\|>|<\/s>|<\|start_header_id\|>/;

/**
 * The part of a completion that answers: what follows the last `</think>` (or another delimiter), up to
 * the first chat token. A thought that was opened and never closed leaves nothing.
 *
 * @param delimiters - what closes the thought; the last one of any of them counts. Default `['</think>']`.
 */
export function afterThinking(
  completion: string,
  delimiters: readonly string[] = ['</think>'],
): string {
  let start = 0;
  for (const delimiter of delimiters) {
    const at = completion.lastIndexOf(delimiter);
    if (at >= 0) start = Math.max(start, at + delimiter.length);
  }
  const opened = delimiters.includes('</think>') ? completion.lastIndexOf('<think>') : -1;
  if (opened >= start) return completion.slice(start, opened);
  const rest = completion.slice(start);
  const end = rest.trimStart().startsWith('<|') ? -1 : rest.search(MARKUP);
  return end < 0 ? rest : rest.slice(0, end);
}
