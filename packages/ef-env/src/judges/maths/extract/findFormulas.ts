/** A piece of mathematics between delimiters. */
export interface Formula {
  readonly content: string;
  readonly start: number;
  readonly end: number;
}

const DELIMITERS: [open: string, close: string, manyLines: boolean][] = [
  ['$$', '$$', true],
  ['\\[', '\\]', true],
  ['\\(', '\\)', false],
  ['$', '$', false],
];

/** Longer formulas are taken for a stray dollar sign. */
const MAX_LENGTH = 4000;
const MAX_FORMULAS = 4000;

/** The formulas of a text in order: `$$..$$`, `\\[..\\]`, and on one line `\\(..\\)` and `$..$`. */
export function findFormulas(text: string): Formula[] {
  const formulas: Formula[] = [];
  const closers = DELIMITERS.map(() => -1); // where each was last found, so that no stretch is searched twice
  for (
    let i = text.search(/[\\$]/);
    i >= 0 && i < text.length && formulas.length < MAX_FORMULAS;
  ) {
    if (text.startsWith('\\$', i) || text.startsWith('\\\\', i)) {
      i += 2;
      continue;
    }
    const which = DELIMITERS.findIndex(([open]) => text.startsWith(open, i));
    const end = which < 0 ? -1 : closing(text, i, { which, closers });
    if (end < 0) {
      i += 1;
      continue;
    }
    const [open, close] = DELIMITERS[which]!;
    const content = text.slice(i + open.length, end);
    if (content.trim() !== '') formulas.push({ content, start: i, end: end + close.length });
    i = end + close.length;
  }
  return formulas;
}

function closing(
  text: string,
  start: number,
  { which, closers }: { which: number; closers: number[] },
): number {
  const [open, close, manyLines] = DELIMITERS[which]!;
  const from = start + open.length;
  const limit = Math.min(text.length, from + MAX_LENGTH);
  if (closers[which]! < from) {
    const found = text.indexOf(close, from);
    closers[which] = found < 0 ? Number.POSITIVE_INFINITY : found;
  }
  if (closers[which]! >= limit) return -1;
  for (let i = from; i < limit; i++) {
    if (!manyLines && text[i] === '\n') return -1;
    if (text.startsWith(close, i)) return i;
    if (text[i] === '\\') i += 1;
  }
  return -1;
}
