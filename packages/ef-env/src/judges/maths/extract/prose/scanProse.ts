import { matchAt } from '../../read/matchAt.ts';
import type { ProseToken } from './proseToken.ts';

/** Characters beyond ASCII that the table does not write out: those that may be letters of other alphabets, and the rest. */
const FOREIGN = '\u0080';
const OTHER = '\u0081';
export const MAY_BE_FOREIGN: RegExp =
  /[\u00aa\u00b5\u00ba\u02b0-\u0390\u03ca-\u1dff\u1f00-\u1fff\u2071\u207f\u2090-\u218f\u2c00-\u2fff\u3005-\uffff]/;

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** The character alone. */
const ALONE = null;

/**
 * What is told apart by its first character, the first that matches. Each has a pattern of its own: a pattern costs a
 * tenth of a millisecond when it is first used, the one with the class of all letters ten times as much.
 */
const ALTERNATIVES: [kind: ProseToken['kind'] | 'blank', begins: string, pattern: RegExp | null][] = [
  ['blank', ' \t\u00a0\u200b', /[ \t\u00a0\u200b]+/y],
  ['word', LETTERS + OTHER, /[A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02af\u1e00-\u1eff][\u0300-\u036f\dA-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02af\u1e00-\u1eff]*(?:['’][A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02af\u1e00-\u1eff]+)*/y],
  ['unit', '\\', /\\(?:text|mathrm|mbox)\s*\{[^{}]*\}/y],
  ['value', '\\', /\\begin\s*\{(?<name>[a-zA-Z]+\*?)\}.*?\\end\s*\{\k<name>\}|\\(?:pi|infty|circ|degree|theta|alpha|beta|emptyset|mathbb\{[A-Z]\})(?![a-zA-Z])/sy],
  ['value', 'π∞∅ℝℤℕℚ', ALONE],
  ['value', OTHER, /[\u0391-\u03c9]/y],
  ['binary', '\\', /\\(?:cdot|times|div|leq?|geq?|neq?|in|cup|cap|approx|equiv|setminus)(?![a-zA-Z])/y],
  ['binary', '*!<>=', /\*\*|[<>!=]=|[*<>=]/y],
  ['binary', '/^_≤≥≠≈×·⋅∙÷⁄∪∩∈:|', ALONE],
  ['sign', '+-±∓', ALONE],
  ['sign', '\\', /\\(?:pm|mp)(?![a-zA-Z])/y],
  ['postfix', `%°º²³${OTHER}${FOREIGN}`, /[⁰¹²³⁴-ⁿⁱ₀-₎ₐ-ₜ%°º]+/y],
  ['postfix', '\\', /\\%/y],
  ['prefix', '\\', /\\[a-zA-Z]+/y],
  ['prefix', '√∛∜', ALONE],
  ['value', '¼½¾⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞', ALONE],
  ['value', '.0123456789', /[1-9]\d{0,2}(?: \d{3})+(?![\d,.]*\d)|\d*\.\d+(?:\.{3}|…)|\d+(?:[.,]\d+)*(?:[eE][-+]?\d{1,3}(?!\w|\.\d))?|\.\d+/y],
  ['word', FOREIGN, /(?:(?![A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02af\u1e00-\u1eff])[\p{L}\p{M}])+/uy],
  ['dash', '–—', ALONE],
  ['open', '\\', /\\\{/y],
  ['open', '([{', ALONE],
  ['close', '\\', /\\\}/y],
  ['close', ')]}', ALONE],
  ['joint', ',;&', ALONE],
  ['end', '.?!。！？…', /[.?!。！？…]+/y],
]; // biome-ignore format: a table

/** Commands that only change the looks. */
const LOOKS = /\\(?:left|right|displaystyle|big|Big)(?![a-zA-Z])|\\[!;: ]/g;

/** Splits prose (see withoutMarkdown.ts) into tokens by their looks alone. */
export function scanProse(prose: string): ProseToken[] {
  const text = prose.includes('\\') ? prose.replace(LOOKS, ' ') : prose;
  const tokens: ProseToken[] = [];
  let blank = true;
  for (let i = 0; i < text.length; ) {
    const [kind, piece] = pieceAt(text, i);
    i += piece.length;
    if (kind === 'blank') blank = true;
    else {
      tokens.push({ kind, text: piece, blank });
      blank = piece === '\n';
    }
  }
  return tokens;
}

function pieceAt(text: string, at: number): [kind: ProseToken['kind'] | 'blank', piece: string] {
  for (const [kind, , pattern] of alternativesFor(text[at]!)) {
    if (pattern === ALONE) return [kind, text[at]!];
    const piece = matchAt(pattern, text, at);
    if (piece !== null) return [kind, piece];
  }
  return ['end', String.fromCodePoint(text.codePointAt(at)!)]; // `at` is within the text
}

/** Rows of the table by the first character; one that the table does not write out stands for all of its kind. */
const BY_CHARACTER = new Map<string, typeof ALTERNATIVES>();
const WRITTEN_OUT = /* @__PURE__ */ (() => ALTERNATIVES.map(([, begins]) => begins).join(''))();

function alternativesFor(character: string): typeof ALTERNATIVES {
  let first = character;
  if (character > '\x7f' && !WRITTEN_OUT.includes(character))
    first = MAY_BE_FOREIGN.test(character) ? FOREIGN : OTHER;
  let rows = BY_CHARACTER.get(first);
  if (rows === undefined) {
    rows = ALTERNATIVES.filter(([, begins]) => begins.includes(first));
    BY_CHARACTER.set(first, rows);
  }
  return rows;
}
