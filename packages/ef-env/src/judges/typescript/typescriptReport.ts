import { utf8Offsets } from '../../text/utf8Offsets.ts';
import type { RewardSpan } from '../../trajectory/segment.ts';
import type { FoundDiagnostic } from './compilerMessages.ts';

/** An error of a program, in the compiler's words. */
export interface TypescriptDiagnostic {
  /** 2322 for TS2322. */
  code: number;
  message: string;
  /** 1-based; the column counts UTF-16 units. */
  line: number;
  column: number;
  /** UTF-8 byte offsets in the program. */
  start: number;
  end: number;
}

export interface TypescriptReport {
  diagnostics: TypescriptDiagnostic[];
  spans: RewardSpan[];
  feedback: string;
}

/** Errors shown in the feedback. */
const SHOWN = 5;

/** Diagnostics as byte offsets, spans and words. */
export function typescriptReport(
  code: string,
  found: readonly FoundDiagnostic[],
  cleanLines: boolean,
): TypescriptReport {
  const lines = linesOf(code);
  const offsets = utf8Offsets(code);
  const bytes = (at: number): number => offsets[at]!; // 0 to code.length
  const own = found.filter(({ file }) => file === 'code').map((item) => locate(code, lines, item));
  const diagnostics = own.map(({ code, message, line, column, start, end }) => ({
    code,
    message,
    line: line + 1,
    column: column + 1,
    start: bytes(start),
    end: bytes(end),
  }));
  const wrong = diagnostics.map(({ code, start, end }) => ({
    start,
    end,
    reward: -1,
    label: `TS${code}`,
  }));
  const right = (cleanLines ? linesWithout(own, code, lines) : []).map(({ start, end }) => ({
    start: bytes(start),
    end: bytes(end),
    reward: 1,
    label: 'clean',
  }));
  const inCheck = found.filter(({ file }) => file === 'check');
  return {
    diagnostics,
    spans: [...wrong, ...right].sort((a, b) => a.start - b.start),
    feedback: feedbackOf([
      ...own.map((item) => () => describe(code, lines, item)),
      ...inCheck.map((item) => () => `Where it is used: ${item.message} (TS${item.code})`),
    ]),
  };
}

function feedbackOf(errors: readonly (() => string)[]): string {
  if (errors.length === 0) return 'No errors.';
  const hidden = errors.length - SHOWN;
  const rest = hidden > 0 ? [`${hidden} more error${hidden === 1 ? '' : 's'}.`] : [];
  return [...errors.slice(0, SHOWN).map((error) => error()), ...rest].join('\n');
}

interface Line {
  start: number;
  /** Before the line's end mark. */
  end: number;
}

/** Lines as the compiler counts them: it also ends them at U+2028 and U+2029. */
function linesOf(code: string): Line[] {
  const lines: Line[] = [];
  let start = 0;
  for (const { 0: mark, index } of code.matchAll(/\r\n|[\n\r\u2028\u2029]/g)) {
    lines.push({ start, end: index });
    start = index + mark.length;
  }
  return [...lines, { start, end: code.length }];
}

interface Located {
  code: number;
  message: string;
  /** 0-based. */
  line: number;
  column: number;
  /** UTF-16 offsets, at least one character apart unless the program is blank. */
  start: number;
  end: number;
}

/** An error between characters, as at the end of the program, is put on the last character before it. */
function locate(code: string, lines: readonly Line[], found: FoundDiagnostic): Located {
  let start = Math.min(found.start, code.length);
  let end = Math.min(found.start + found.length, code.length);
  if (start === end) {
    end = code.slice(0, start).trimEnd().length;
    start = Math.max(0, end - (/[\uDC00-\uDFFF]/.test(code[end - 1] ?? '') ? 2 : 1));
  }
  const line = lineAt(lines, start);
  return {
    code: found.code,
    message: found.message,
    line,
    column: start - lines[line]!.start,
    start,
    end,
  };
}

/** The line an offset is in. */
function lineAt(lines: readonly Line[], offset: number): number {
  let [low, high] = [0, lines.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (lines[middle]!.start <= offset)
      low = middle; // middle <= high
    else high = middle - 1;
  }
  return low;
}

/** Lines with a character and without an error. */
function linesWithout(errors: readonly Located[], code: string, lines: readonly Line[]): Line[] {
  const change = new Int32Array(lines.length + 1); // of the number of errors a line is part of
  for (const { line, end } of errors) {
    change[line]! += 1;
    change[lineAt(lines, Math.max(0, end - 1)) + 1]! -= 1;
  }
  let covering = 0;
  return lines.filter(({ start, end }, i) => {
    covering += change[i]!; // one longer than lines
    return covering === 0 && code.slice(start, end).trim() !== '';
  });
}

function describe(
  code: string,
  lines: readonly Line[],
  { message, line, column, code: number }: Located,
): string {
  return `Line ${line + 1}, column ${column + 1}: ${message} (TS${number})\n${excerpt(code, lines[line]!, column)}`; // an error's own line
}

/** The line with a mark below the column; of a long line the part around it. */
function excerpt(code: string, { start, end }: Line, column: number): string {
  const from = column > 100 ? column - 60 : 0;
  const shown = code.slice(start + from, Math.min(end, start + from + 120));
  const indent = shown.slice(0, column - from).replace(/[^\t]/g, ' ');
  return `  ${shown}\n  ${indent}^`;
}
