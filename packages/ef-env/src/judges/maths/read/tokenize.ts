import { type Budget, MathLimit } from '../../../numbers/budget.ts';
import { wordSet } from '../../../text/wordSet.ts';
import { afterBrace } from './afterBrace.ts';
import { matchAt } from './matchAt.ts';
import { numberAt } from './numberAt.ts';
import { isUnitSymbol, knownUnit } from './units.ts';

/** A piece of a normalised answer. */
export interface Token {
  /**
   * `'letter'`: one, or `\\alpha` and the like; `'command'`: `frac`, `sin`, ... without the backslash; `'unit'`: a run of
   * letters that is the name of a unit after a number; `'text'`: the words of `\\text`.
   */
  kind: 'number' | 'letter' | 'command' | 'unit' | 'text' | 'mark';
  text: string;
}

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
    arccos: 'arccos', arctan: 'arctan', arccot: 'arccot', cis: 'cis', asin: 'arcsin', acos: 'arccos', atan: 'arctan', sinh: 'sinh',
    cosh: 'cosh', tanh: 'tanh', log: 'log', ln: 'ln', exp: 'exp', abs: 'abs', floor: 'floor', ceil: 'ceil',
    gcd: 'gcd', lcm: 'lcm', max: 'max', min: 'min', mod: 'bmod', and: 'and', or: 'or', percent: 'percent', pct: 'percent',
    percentage: 'percent', degrees: 'circ', degree: 'circ', deg: 'circ', union: 'cup', cup: 'cup', binom: 'binom', frac: 'frac',
  }),
); // biome-ignore format: a table

/** `\text{...}` and its kin; the argument is words unless it is one letter or digits. */
const TEXT_COMMANDS = /* @__PURE__ */ wordSet(
  'text textbf textit textrm textsf textnormal mbox hbox mathrm operatorname textup emph texttt',
);

const COMMAND = /\\[a-zA-Z]+/y;
const LETTERS = /[A-Za-z]+/y;
const SPACE = /\s+/y;

const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const isLetter = (code: number): boolean =>
  (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
const isBlank = (code: number): boolean => code === 32 || (code >= 9 && code <= 13);

const HEAD = /^(?:sqrt|pi|sin|cos|tan|log|ln)/;
const JOINED = /^(?:or|and)(?=[A-Z]|$)/;
const MAX_TOKENS = 6_000;

/** Splits a normalised answer ({@link normalizeLatex}) into tokens. @throws {MathLimit | NotMath} */
export function tokenize(s: string, options: TokenizeOptions, budget: Budget): Token[] {
  const tokens: Token[] = [];
  let depth = 0;
  for (let i = 0; i < s.length; ) {
    const code = s.charCodeAt(i);
    if (isBlank(code)) {
      i += 1;
      continue;
    }
    budget.spend();
    if (tokens.length > MAX_TOKENS) throw new MathLimit('too many tokens');
    if (isDigit(code) || (code === 46 && isDigit(s.charCodeAt(i + 1)))) {
      const { digits, length } = numberAt(s, i, { ...options, outside: depth === 0 });
      tokens.push({ kind: 'number', text: digits });
      i += length;
    } else if (code === 92) {
      const name = matchAt(COMMAND, s, i);
      if (name === null) {
        const mark = s.slice(i, i + 2);
        if (mark === '\\{' || mark === '\\}') depth += mark === '\\{' ? 1 : -1;
        tokens.push({ kind: 'mark', text: mark });
        i += 2;
      } else if (TEXT_COMMANDS.has(name.slice(1))) {
        const open = i + name.length + (matchAt(SPACE, s, i + name.length) ?? '').length;
        const end = s[open] === '{' ? afterBrace(s, open) : open;
        const words = s.slice(open + 1, end - (s[end - 1] === '}' ? 1 : 0));
        pushWords(tokens, words, (inner) => tokenize(inner, options, budget));
        i = Math.max(end, i + name.length);
      } else {
        tokens.push({ kind: 'command', text: name.slice(1) });
        i += name.length;
      }
    } else if (isLetter(code)) {
      i += pushLetters(tokens, matchAt(LETTERS, s, i)!); // the code is a letter's
    } else {
      const mark = s[i]!;
      if (mark === '(' || mark === '[') depth += 1;
      if (mark === ')' || mark === ']') depth -= 1;
      tokens.push({ kind: 'mark', text: mark });
      i += 1;
    }
  }
  return tokens;
}

const endsInValue = (tokens: readonly Token[]): boolean => {
  const last = tokens.at(-1);
  return last !== undefined && (last.kind === 'number' || last.text === '}' || last.text === ')');
};

const isUnit = (token: Token | undefined): boolean =>
  token?.kind === 'unit' || token?.kind === 'text';

/** After a value, another unit, or a unit with a sign of multiplication or division. */
const expectsUnit = (tokens: readonly Token[]): boolean =>
  endsInValue(tokens) ||
  isUnit(tokens.at(-1)) ||
  (/^(?:cdot|times|\*|\/)$/.test(tokens.at(-1)?.text ?? '') && isUnit(tokens.at(-2)));

/** A run of letters: a word that means something, a unit after a number, or letters; what of it was read. */
function pushLetters(tokens: Token[], run: string): number {
  if (run.length === 1) {
    tokens.push({ kind: 'letter', text: run });
    return 1;
  }
  const lower = run.toLowerCase();
  const value = endsInValue(tokens);
  const unit = value && knownUnit(run); // `45 min` and `30 sec` are no functions
  const word = !unit && (run.length > 2 || run === lower) ? WORDS.get(lower) : undefined;
  const head = word ?? (value ? JOINED.exec(run)?.[0] : undefined);
  if (head !== undefined) {
    tokens.push({ kind: 'command', text: head });
    return word === undefined ? head.length : run.length;
  }
  if (unit) {
    tokens.push({ kind: 'unit', text: run });
    return run.length;
  }
  const command = HEAD.exec(run)?.[0];
  if (command !== undefined) {
    tokens.push({ kind: 'command', text: command });
    return command.length;
  }
  for (const letter of run) tokens.push({ kind: 'letter', text: letter });
  return run.length;
}

/** A command inside `\\text`: `\\text{\\textbf{42}}`. */
const NESTED = /\\(?:text[a-z]*|mathrm|mathbf|mbox|emph)\s*\{([^{}]*)\}/g;

/** The content of `\\text{...}`: a joint, a word that means something, a letter, a number with its unit, or words. */
function pushWords(tokens: Token[], text: string, read: (text: string) => Token[]): void {
  const inner = text.replace(NESTED, '$1').replace(/[{}]/g, '').trim();
  if (inner === '') return;
  const lower = inner
    .toLowerCase()
    .replace(/[^a-z]+/g, ' ')
    .trim();
  if (expectsUnit(tokens) && (knownUnit(inner) || isUnitSymbol(inner)))
    tokens.push({ kind: 'text', text: inner });
  else if (lower === 'or') tokens.push({ kind: 'command', text: 'or' });
  else if (lower === 'and' || /^[,;]$/.test(inner)) tokens.push({ kind: 'command', text: 'and' });
  else if (WORDS.has(lower)) tokens.push({ kind: 'command', text: WORDS.get(lower)! });
  else if (/^[a-zA-Z]$/.test(inner)) tokens.push({ kind: 'letter', text: inner });
  else if (/^[-+]?[\d.,]+(?:\s*\\?%)?$/.test(inner)) tokens.push(...read(inner));
  else if (/^[\d.,]+(?:\s+[A-Za-z][A-Za-z .]*)?$/.test(inner)) {
    const [number, ...unit] = inner.split(/\s+/);
    tokens.push(...read(number!)); // split gives at least one part
    if (unit.length > 0) tokens.push({ kind: 'text', text: unit.join(' ') });
  } else tokens.push({ kind: 'text', text: inner });
}
