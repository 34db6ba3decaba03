import { findFormulas } from './findFormulas.ts';

const LIST_MARKER = /^(?:[-+*\u2022\u2013]|1[.)])[ \t]+(?=\S)/;

/** The first sentence; a full stop inside a number or formula does not end it, a list marker does not begin it. */
export function firstSentence(text: string): string {
  let start = text.slice(0, 3000);
  const skipped = /^[\s:*_"\\]*(?=[^\s:*_"\\])/.exec(start)?.[0] ?? '';
  start = (skipped.endsWith('\\') ? '\\' : '') + start.slice(skipped.length);
  if (skipped.includes('\n')) start = start.replace(LIST_MARKER, '').replace(/^\*+/, '');
  const formulas = findFormulas(start);
  for (const match of start.matchAll(/[.!?。](?=\s|$|\*)|[。！？]|\n\s*\n/g)) {
    if (!formulas.some((f) => match.index >= f.start && match.index < f.end))
      return start.slice(0, match.index);
  }
  return start;
}
