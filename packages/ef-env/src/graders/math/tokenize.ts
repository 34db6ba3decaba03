import { type Budget, MathLimit } from './budget.ts';
import { knownUnit } from './units.ts';

/** A piece of a normalised answer. */
export type Token =
  | { kind: 'number'; text: string; spaceBefore: boolean }
  /** One letter, or `\alpha` and the like. */
  | { kind: 'letter'; text: string; spaceBefore: boolean }
  /** `\frac`, `sin`, `pi`, ... without the backslash. */
  | { kind: 'command'; text: string; spaceBefore: boolean }
  /** A run of letters that is the name of a unit after a number. */
  | { kind: 'unit'; text: string; spaceBefore: boolean }
  | { kind: 'text'; text: string; spaceBefore: boolean }
  | { kind: 'mark'; text: string; spaceBefore: boolean };

export interface TokenizeOptions {
  /** Read `1,234` as one number where no bracket is open. */
  thousands: boolean;
  /** Read `1,5` as 1.5: prose in languages that write the comma. */
  decimalComma: boolean;
}

/** Words that mean something without a backslash. */
const WORDS = /* @__PURE__ */ new Map<string, string>(
  /* @__PURE__ */ Object.entries({
    sqrt: 'sqrt', pi: 'pi', infinity: 'infty', infty: 'infty', inf: 'infty', oo: 'infty',
    sin: 'sin', cos: 'cos', tan: 'tan', cot: 'cot', sec: 'sec', csc: 'csc', arcsin: 'arcsin',
    arccos: 'arccos', arctan: 'arctan', asin: 'arcsin', acos: 'arccos', atan: 'arctan', sinh: 'sinh',
    cosh: 'cosh', tanh: 'tanh', log: 'log', ln: 'ln', exp: 'exp', abs: 'abs', floor: 'floor', ceil: 'ceil',
    gcd: 'gcd', lcm: 'lcm', max: 'max', min: 'min', mod: 'bmod', and: 'and', or: 'or', percent: 'percent', pct: 'percent',
    percentage: 'percent', degrees: 'circ', degree: 'circ', deg: 'circ', union: 'cup', cup: 'cup', binom: 'binom', frac: 'frac',
  }),
); // biome-ignore format: a table

/** `\text{...}` and its kin; the argument is words unless it is one letter or digits. */
const TEXT_COMMANDS = /* @__PURE__ */ new Set(
  /* @__PURE__ */ 'text textbf textit textrm textsf textnormal mbox hbox mathrm operatorname textup emph texttt'.split(
    ' ',
  ),
);

const NUMBER = /(?:\d+(?:\ue000\d{3})+|\d*)(?:\.\d+|\.(?![\d.]))?/y;
const GROUPED = /[1-9]\d{0,2}(?:,\d{3})+(?![\d,])(?:\.\d+)?/y;
const SPACED = /[1-9]\d{0,2}(?: \d{3})+(?!\d)(?:\.\d+)?/y;
/** 1.5e3 */
const POWER_OF_TEN = /\d+(?:\.\d+)?[eE][-+]?\d{1,3}(?![\d.{^])/y;
const COMMA = /\d+,\d+(?![\d,.])/y;
const COMMAND = /\\[a-zA-Z]+/y;
const LETTERS = /[A-Za-z]+/y;
const SPACE = /\s+/y;

/** What a sticky pattern finds at `index`. */
function matchAt(pattern: RegExp, s: string, index: number): string | null {
  pattern.lastIndex = index;
  return pattern.exec(s)?.[0] ?? null;
}

const isLetter = (c: string | undefined): boolean => c !== undefined && /[A-Za-z]/.test(c);

/** Index just after the brace that closes the one at `open`, or the end of the text. */
export function afterBrace(s: string, open: number): number {
  let depth = 0;
  for (let i = open; i < s.length; i++) {
    if (s[i] === '\\') i += 1;
    else if (s[i] === '{') depth += 1;
    else if (s[i] === '}') {
      depth -= 1;
      if (depth === 0) return i + 1;
    }
  }
  return s.length;
}

/** Splits a normalised answer ({@link normalizeLatex}) into tokens. @throws {MathLimit} */
export function tokenize(s: string, options: TokenizeOptions, budget: Budget): Token[] {
  const tokens: Token[] = [];
  let depth = 0;
  let spaceBefore = false;
  const push = (kind: Token['kind'], text: string): void => {
    budget.spend();
    tokens.push({ kind, text, spaceBefore });
    spaceBefore = false;
  };
  const lastIsValue = (): boolean => {
    const last = tokens.at(-1);
    return last !== undefined && (last.kind === 'number' || '})'.includes(last.text));
  };
  const words = (text: string): void => {
    const inner = text.trim();
    const lower = inner
      .toLowerCase()
      .replace(/[^a-z]+/g, ' ')
      .trim();
    if (inner === '') return;
    if (/^(,\s*)?(and|or)$/.test(lower) || /^[,;]$/.test(inner)) push('command', 'and');
    else if (WORDS.has(lower)) push('command', WORDS.get(lower)!);
    else if (/^[a-zA-Z]$/.test(inner) && !(lastIsValue() && knownUnit(inner)))
      push('letter', inner);
    else if (/^[\d.,]+(?:\s+[A-Za-z][A-Za-z .]*)?$/.test(inner)) {
      const [number, ...unit] = inner.split(/\s+/);
      tokens.push(...tokenize(number!, options, budget)); // split gives at least one part
      if (unit.length > 0) push('text', unit.join(' '));
    } else push('text', inner);
  };

  for (let i = 0; i < s.length; ) {
    const c = s[i]!;
    if (/\s/.test(c)) {
      spaceBefore = true;
      i += 1;
    } else if (/\d/.test(c) || (c === '.' && /\d/.test(s[i + 1] ?? ''))) {
      const grouped = depth === 0 && options.thousands ? matchAt(GROUPED, s, i) : null;
      const spaced = depth === 0 ? matchAt(SPACED, s, i) : null;
      const comma = depth === 0 && options.decimalComma ? matchAt(COMMA, s, i) : null;
      const power = matchAt(POWER_OF_TEN, s, i);
      const text = power ?? grouped ?? spaced ?? comma ?? matchAt(NUMBER, s, i)!; // c begins a number
      push('number', !grouped && comma ? text.replace(',', '.') : text.replace(/[,\ue000 ]/g, ''));
      i += text.length;
    } else if (c === '\\') {
      const name = matchAt(COMMAND, s, i);
      if (name === null) {
        const mark = s.slice(i, i + 2);
        if (mark === '\\{' || mark === '\\}') depth += mark === '\\{' ? 1 : -1;
        push('mark', mark);
        i += 2;
      } else if (TEXT_COMMANDS.has(name.slice(1))) {
        const open = i + name.length + (matchAt(SPACE, s, i + name.length) ?? '').length;
        const end = s[open] === '{' ? afterBrace(s, open) : open;
        words(s.slice(open + 1, end - (s[end - 1] === '}' ? 1 : 0)));
        i = Math.max(end, i + name.length);
      } else {
        push('command', name.slice(1));
        i += name.length;
      }
    } else if (isLetter(c)) {
      const run = matchAt(LETTERS, s, i)!; // c is a letter
      const lower = run.toLowerCase();
      const prefix = /^(?:or|and)(?=[A-Z]|$)/.exec(run);
      if (WORDS.has(lower) && (run.length > 2 || run === lower)) push('command', WORDS.get(lower)!);
      else if (prefix !== null && lastIsValue()) {
        push('command', prefix[0]);
        i += prefix[0].length - run.length;
      } else if (lastIsValue() && run.length > 1 && knownUnit(run)) push('unit', run);
      else if (/^(sqrt|pi|sin|cos|tan|log|ln)/.test(run)) {
        const head = /^(sqrt|pi|sin|cos|tan|log|ln)/.exec(run)![0];
        push('command', head);
        i += head.length - run.length;
      } else for (const letter of run) push('letter', letter);
      i += run.length;
    } else {
      if ('([{'.includes(c)) depth += c === '{' ? 0 : 1;
      if (')]'.includes(c)) depth -= 1;
      push('mark', c);
      i += 1;
    }
    if (tokens.length > 6_000) throw new MathLimit('too many tokens');
  }
  return tokens;
}
