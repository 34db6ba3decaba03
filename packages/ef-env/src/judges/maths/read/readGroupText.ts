import type { TokenStream } from './tokenStream.ts';

/** The text of the next group or token. */
export function readGroupText(stream: TokenStream): string {
  const first = stream.next();
  if (first.text !== '{') return first.text;
  let text = '';
  for (let depth = 1; ; ) {
    const token = stream.next();
    if (token.text === '{') depth += 1;
    if (token.text === '}') depth -= 1;
    if (depth === 0) return text;
    text += token.text;
  }
}
