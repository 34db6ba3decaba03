import type { ArithmeticToken } from './arithmeticToken.ts';
import { endOf, readArithmeticPiece } from './readArithmeticPiece.ts';

/** A bullet or a number of a list, at the beginning of a line. */
const BULLET = /[ \t]*(?:[-*+•]|\d+[.)])[ \t]+/y;
const LINE_END = /[\n\u2028\u2029]|\\\\/y;
/** The next line goes on with the calculation. */
const GOES_ON = /[ \t\r]{0,80}&?[ \t]{0,8}(?:=(?![=>])|≈|\\approx)/y;

/**
 * The calculations of a text in pieces, with everything between them. Plain text, Markdown and LaTeX; linear in
 * the length.
 */
export function arithmeticTokens(text: string): ArithmeticToken[] {
  const tokens: ArithmeticToken[] = [];
  let i = endOf(BULLET, text, 0) ?? 0;
  while (i < text.length) {
    const last = tokens.at(-1);
    const lineEnd = endOf(LINE_END, text, i);
    if (lineEnd === null) {
      const { kind, value, end } = readArithmeticPiece(text, i, last);
      if (kind !== 'blank') tokens.push({ kind, text: value, start: i, end });
      i = end;
    } else if (last?.kind === 'equals' || endOf(GOES_ON, text, lineEnd) !== null) {
      i = lineEnd;
    } else {
      tokens.push({ kind: 'break', text: '', start: i, end: lineEnd });
      i = endOf(BULLET, text, lineEnd) ?? lineEnd;
    }
  }
  return tokens;
}
