import { wordSet } from '../../text/wordSet.ts';
import type { ArithmeticToken } from './arithmeticToken.ts';

/** `'blank'` is no token: it neither joins nor parts. */
type Kind = ArithmeticToken['kind'] | 'blank';

interface Piece {
  kind: Kind;
  value: string;
  end: number;
}

type Last = ArithmeticToken | undefined;

/** Words that take the number beside them as an argument, or stand for one. */
const OPAQUE_WORDS = /* @__PURE__ */ wordSet(
  'sin cos tan cot sec csc arcsin arccos arctan log ln lg exp sqrt cbrt root mod rem remainder max min gcd lcm abs floor ceil round half twice double triple quarter third times plus minus over divided by per squared cubed pi choose',
);

const NUMBER = /(?:\d{1,3}(?:(?:,|\{,\}|\\,)\d{3})+(?!\d)|\d+)(?:\.\d+)?(?:[eE][+-]?\d+)?|\.\d+/y;
const WORD = /[\p{L}][\p{L}\p{M}\p{N}_'’]*/uy;

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';
const SUPERSCRIPT = /⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]+/y;

/** What means the same wherever it stands; the first that fits counts. */
const FIXED: readonly (readonly [RegExp, Kind, string])[] = [
  [/[ \t\r\u00a0\u2009\u202f&€£]+/y, 'blank', ''],
  [/\\(?:text|mathrm|textbf|mbox)\s*\{[^{}]{0,200}\}/y, 'break', ''],
  [/\\(?:times|cdot|ast)(?![a-zA-Z])/y, 'operator', '*'],
  [/\\div(?![a-zA-Z])/y, 'operator', '/'],
  [/\\[dtc]?frac(?![a-zA-Z])/y, 'fraction', ''],
  [/\\(?:approx|simeq)(?![a-zA-Z])/y, 'equals', '≈'],
  [/\\(?:left|right|[bB]igg?[lr]?|displaystyle|boxed|mathbf)(?![a-zA-Z])/y, 'blank', ''],
  [/\\[,;:! $]/y, 'blank', ''],
  [/\\%/y, 'percent', ''],
  [/\\[()[\]]/y, 'break', ''],
  [/\\(?:begin|end)\s*\{[^{}]{0,40}\}/y, 'break', ''],
  [
    /\\(?:q?quad|implies|iff|[Rr]ightarrow|Longrightarrow|to|therefore|because|leq?|geq?|neq?|lt|gt|in|mid)(?![a-zA-Z])/y,
    'break',
    '',
  ],
  [/\\[a-zA-Z]+/y, 'opaque', ''],
  [/[<>:≠≤≥]=|=>|[<>≠≤≥→⇒]/y, 'break', ''],
  [/={1,3}/y, 'equals', '='],
  [/[≈≃≅]/y, 'equals', '≈'],
  [/\/\//y, 'operator', '//'],
  [/[×·⋅∙∗]/y, 'operator', '*'],
  [/[÷/⁄∕]/y, 'operator', '/'],
  [/\+/y, 'operator', '+'],
  [/[-−]/y, 'operator', '-'],
  [/\^/y, 'operator', '**'],
  [/[([{]/y, 'open', ''],
  [/[)\]}]/y, 'close', ''],
  [/[√∛∑∏∫∞∂°′″'_~±]/y, 'opaque', ''],
];

/** Where the match of a sticky pattern at `i` ends, or `null`. */
export function endOf(pattern: RegExp, text: string, i: number): number | null {
  pattern.lastIndex = i;
  return pattern.test(text) ? pattern.lastIndex : null;
}

const isValue = (last: Last): boolean =>
  last?.kind === 'number' || last?.kind === 'close' || last?.kind === 'percent';

/** The piece of a text that begins at `i`, given the token before it. */
export function readArithmeticPiece(text: string, i: number, last: Last): Piece {
  return (
    readNumber(text, i) ??
    readWord(text, i, last) ??
    readSuperscript(text, i, last) ??
    readAmbiguous(text, i, last) ??
    readFixed(text, i)
  );
}

function readNumber(text: string, i: number): Piece | null {
  const end = endOf(NUMBER, text, i);
  if (end === null) return null;
  // 1,5 or 1.2.3: a list, a decimal comma, a version; 3:45: a time, a ratio; 3.33...: nobody knows
  const longer = endOf(/[.,:]\d[\d.,:]*|\.\.\.|…/y, text, end);
  if (longer !== null) return { kind: 'opaque', value: '', end: longer };
  return { kind: 'number', value: text.slice(i, end).replace(/,|\{,\}|\\,/g, ''), end };
}

function readWord(text: string, i: number, last: Last): Piece | null {
  const glued = last?.end === i && last.kind !== 'break' && last.kind !== 'equals';
  // 2x3 and 2 x 3, not 0x10
  const product = glued ? endOf(/[xX](?=\d)/y, text, i) : endOf(/[xX](?= \d)/y, text, i);
  if (product !== null && last?.kind === 'number' && (!glued || last.text !== '0'))
    return { kind: 'operator', value: '*', end: product };
  const end = endOf(WORD, text, i);
  if (end === null) return null;
  const word = text.slice(i, end);
  const article = /^[aAI]$/.test(word) && /\s/.test(text[end] ?? '');
  const opaque =
    glued ||
    OPAQUE_WORDS.has(word.toLowerCase()) ||
    /[\p{N}_]/u.test(word) ||
    (word === 'of' && (isValue(last) || last?.kind === 'opaque')) ||
    ([...word].length === 1 && !article);
  return { kind: opaque ? 'opaque' : 'break', value: '', end };
}

/** Two tokens: a power without length, then its exponent. */
function readSuperscript(text: string, i: number, last: Last): Piece | null {
  const end = endOf(SUPERSCRIPT, text, i);
  if (end === null) return null;
  if (last?.end !== i || last.text !== '**') return { kind: 'operator', value: '**', end: i };
  const digits = [...text.slice(i, end)].map((c) => (c === '⁻' ? '-' : SUPERSCRIPTS.indexOf(c)));
  return { kind: 'number', value: digits.join(''), end };
}

/** Signs whose meaning depends on what stands beside them. */
function readAmbiguous(text: string, i: number, last: Last): Piece | null {
  const glued = last?.end === i;
  const after = (pattern: RegExp): boolean => endOf(pattern, text, i + 1) !== null;
  switch (text[i]) {
    case '*': {
      const end = i + (text[i + 1] === '*' ? 2 : 1);
      const value = /[ \t]{0,20}[-−+]?(?:[\d.($€£[{]|\\[dtc]?frac|\\\$)/y;
      const operator = isValue(last) && endOf(value, text, end) !== null; // else Markdown
      return { kind: operator ? 'operator' : 'blank', value: text.slice(i, end), end };
    }
    case '%': {
      const modulo = isValue(last) && after(/[ \t]{0,20}[\d(]/y);
      return { kind: modulo ? 'operator' : 'percent', value: '%', end: i + 1 };
    }
    case '$': {
      const currency = after(/-?\d/y) && !isValue(last); // else the border of a formula
      return { kind: currency ? 'blank' : 'break', value: '', end: i + 1 };
    }
    case '!': {
      const factorial = glued && after(/[ \t]{0,20}[=+*/×÷·)^]/y) && text[i + 1] !== '=';
      return {
        kind: factorial ? 'opaque' : 'break',
        value: '',
        end: i + (text[i + 1] === '=' ? 2 : 1),
      };
    }
    case '–': {
      const minus = /\s/.test(text[i - 1] ?? '') && after(/\s/y); // else a range
      return { kind: minus ? 'operator' : 'opaque', value: '-', end: i + 1 };
    }
    case '|': // |3 - 5| is computed no further
      return { kind: glued ? 'opaque' : 'break', value: '', end: i + 1 };
    default:
      return null;
  }
}

function readFixed(text: string, i: number): Piece {
  for (const [pattern, kind, value] of FIXED) {
    const end = endOf(pattern, text, i);
    if (end !== null) return { kind, value, end };
  }
  return { kind: 'break', value: '', end: i + 1 };
}
