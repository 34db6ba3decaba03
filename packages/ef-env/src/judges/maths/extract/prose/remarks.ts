import type { ProseToken } from './proseToken.ts';

/** For each token whether it is inside brackets with words in them. */
export function remarks(tokens: readonly ProseToken[]): boolean[] {
  const asides = tokens.map(() => false);
  const open: number[] = [];
  tokens.forEach(({ kind, text }, i) => {
    if (kind === 'open') open.push(i);
    if (kind === 'end' && text === '\n' && tokens[i + 1]?.text === '\n') open.length = 0;
    const start = kind === 'close' ? open.pop() : undefined;
    if (start === undefined) return;
    const inside = tokens.slice(start + 1, i);
    const words = inside.some(
      (token) => token.kind === 'word' || (token.kind === 'end' && token.text !== '...'),
    );
    const unit = inside[0] !== undefined && inside[0].kind === 'word';
    if (words || unit || /^[=≈]$/.test(inside[0]?.text ?? '')) asides.fill(true, start, i + 1);
  });
  return asides;
}
