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

/** The formulas of a text in order: `$$..$$`, `\[..\]`, and on one line `\(..\)` and `$..$`. */
export function findFormulas(text: string): Formula[] {
  const formulas: Formula[] = [];
  for (let i = 0; i < text.length && formulas.length < MAX_FORMULAS; ) {
    if (text.startsWith('\\$', i) || text.startsWith('\\\\', i)) {
      i += 2;
      continue;
    }
    const delimiter = DELIMITERS.find(([open]) => text.startsWith(open, i));
    const end =
      delimiter === undefined
        ? -1
        : closing(text, i + delimiter[0].length, delimiter[1], delimiter[2]);
    if (delimiter === undefined || end < 0) {
      i += 1;
      continue;
    }
    const start = i + delimiter[0].length;
    i = end + delimiter[1].length;
    const content = text.slice(start, end);
    if (content.trim() !== '')
      formulas.push({ content, start: start - delimiter[0].length, end: i });
  }
  return formulas;
}

function closing(text: string, from: number, close: string, manyLines: boolean): number {
  const limit = Math.min(text.length, from + MAX_LENGTH);
  const first = text.indexOf(close, from);
  if (first < 0 || first >= limit) return -1; // a native search: most stray delimiters end here
  for (let i = from; i < limit; i++) {
    if (!manyLines && text[i] === '\n') return -1;
    if (text.startsWith(close, i)) return i;
    if (text[i] === '\\') i += 1;
  }
  return -1;
}
