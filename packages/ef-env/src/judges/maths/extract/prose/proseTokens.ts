import { isUnitSymbol, knownUnit } from '../../read/units.ts';

/** A piece of prose with what it can be in a formula. */
export interface ProseToken {
  kind:
    | 'value' // a number, a letter of a formula, π, ∞
    | 'prefix' // √, sin, \frac
    | 'sign' // + - ±
    | 'dash' // – —
    | 'binary' // * / ^ = < ...
    | 'postfix' // % ° ² !
    | 'open'
    | 'close'
    | 'unit'
    | 'joint' // and, or, a comma
    | 'word'
    | 'end'; // of a sentence or line
  text: string;
  /** Blank space before it. */
  blank: boolean;
}

/** Latin letters; a class of Unicode's name takes milliseconds to compile. */
const LATIN = 'A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02af\u1e00-\u1eff';

/** Letters of other alphabets, but for the Greek ones that are values. */
const FOREIGN_WORD = `(?:(?![${LATIN}])[\\p{L}\\p{M}])+`;
/** A text without these has none of them, and is spared the class that takes a millisecond to compile. */
export const MAY_BE_FOREIGN: RegExp =
  /[\u00aa\u00b5\u00ba\u02b0-\u0390\u03ca-\u1dff\u1f00-\u1fff\u2071\u207f\u2090-\u218f\u2c00-\u2fff\u3005-\uffff]/;

/** What is told apart, the first that matches. */
const ALTERNATIVES: [kind: ProseToken['kind'] | 'blank', pattern: string][] = [
  ['blank', String.raw`[ \t\u00a0\u200b]+`],
  ['word', `[${LATIN}][${LATIN}\u0300-\u036f\\d]*(?:['’][${LATIN}]+)*`],
  ['unit', String.raw`\\(?:text|mathrm|mbox)\s*\{[^{}]*\}`],
  ['value', String.raw`\\begin\s*\{(?<name>[a-zA-Z]+\*?)\}.*?\\end\s*\{\k<name>\}|\\(?:pi|infty|circ|degree|theta|alpha|beta|emptyset|mathbb\{[A-Z]\})(?![a-zA-Z])|[π∞∅ℝℤℕℚ\u0391-\u03c9]`],
  ['binary', String.raw`\\(?:cdot|times|div|leq?|geq?|neq?|in|cup|cap|approx|equiv|setminus)(?![a-zA-Z])|\*\*|[<>!=]=|[*/^_=<>≤≥≠≈×·⋅∙÷⁄∪∩∈:|]`],
  ['sign', String.raw`[-+±∓]|\\(?:pm|mp)(?![a-zA-Z])`],
  ['postfix', String.raw`[⁰¹²³⁴-ⁿⁱ₀-₎ₐ-ₜ%°º]+|\\%`],
  ['prefix', String.raw`\\[a-zA-Z]+|[√∛∜]`],
  ['value', String.raw`[¼-¾⅐-⅞]|[1-9]\d{0,2}(?: \d{3})+(?![\d,.]*\d)|\d*\.\d+(?:\.{3}|…)|\d+(?:[.,]\d+)*(?:[eE][-+]?\d{1,3}(?!\w|\.\d))?|\.\d+`],
  ['word', FOREIGN_WORD],
  ['dash', '[–—]'],
  ['open', String.raw`\\\{|[([{]`],
  ['close', String.raw`\\\}|[)\]}]`],
  ['joint', '[,;&]'],
  ['end', String.raw`\n|[.?!。！？…]+|.`],
]; // biome-ignore format: a table
const scanner = (foreignWord: string): RegExp =>
  new RegExp(
    ALTERNATIVES.map(([, part]) => `(${part === FOREIGN_WORD ? foreignWord : part})`).join('|'),
    'gsu',
  );
const PATTERN = /* @__PURE__ */ scanner(FOREIGN_WORD);
const USUAL_PATTERN = /* @__PURE__ */ scanner('(?!)');
/** The kind of each group of {@link PATTERN}; numbers are read faster than names. */
const KINDS = /* @__PURE__ */ (() =>
  ALTERNATIVES.flatMap(([kind, pattern]) => (pattern.includes('(?<') ? [kind, kind] : [kind])))();
/** Commands that only change the looks. */
const LOOKS = /\\(?:left|right|displaystyle|big|Big)(?![a-zA-Z])|\\[!;: ]/g;

const FUNCTIONS = /^(?:sqrt|cbrt|sin|cos|tan|cot|sec|csc|a(?:rc)?(?:sin|cos|tan)|log|ln|lg|exp)$/;
const CONSTANTS = /^(?:pi|oo|infinity|infty)$/i;
/** Words that calculate with the number after them. */
const OPERATIONS = /^(?:times|plus|minus|choose|mod|modulo|base)$/i;

/** Splits prose (see withoutMarkdown.ts) into tokens; words are told from letters of formulas by what stands beside them. */
export function proseTokens(text: string): ProseToken[] {
  const tokens: ProseToken[] = [];
  let blank = true;
  const pattern = MAY_BE_FOREIGN.test(text) ? PATTERN : USUAL_PATTERN;
  for (const match of text.replace(LOOKS, ' ').matchAll(pattern)) {
    let group = 1;
    while (match[group] === undefined) group += 1; // one of the alternatives matched
    const kind = KINDS[group - 1]!;
    if (kind === 'blank') blank = true;
    else {
      tokens.push({ kind, text: match[0], blank });
      blank = match[0] === '\n';
    }
  }
  for (let i = 0; i < tokens.length; i++) classify(tokens, i);
  return tokens;
}

/** A number: the scanner needs to know it from the letters that are values too. */
export const isNumber = (token: ProseToken | undefined): boolean =>
  token?.kind === 'value' && /\d|[¼-¾⅐-⅞]/.test(token.text);

/** Whether a value can end with it. */
export const endsValue = (token: ProseToken | undefined): boolean =>
  token !== undefined && ['value', 'close', 'postfix', 'unit'].includes(token.kind);

function classify(tokens: ProseToken[], i: number): void {
  const token = tokens[i]!;
  const [prev, next] = [tokens[i - 1], tokens[i + 1]];
  if (token.kind === 'binary' && token.text === ':') classifyColon(token, prev, next);
  else if (token.kind === 'end' && /^!\.?$/.test(token.text) && !token.blank && endsValue(prev))
    classifyExclamation(tokens, i);
  else if (token.kind === 'word') classifyWord(tokens, i);
}

/** `3:45` and `2 : 3`; any other colon ends what stands before it. */
function classifyColon(token: ProseToken, prev?: ProseToken, next?: ProseToken): void {
  if (!isNumber(prev) || !isNumber(next) || token.blank !== next?.blank) token.kind = 'end';
}

/** `5!` is a factorial where the sentence goes on after it or ends once more. */
function classifyExclamation(tokens: ProseToken[], i: number): void {
  const token = tokens[i]!;
  const next = tokens[i + 1];
  const goesOn =
    next !== undefined &&
    (/binary|sign|close|joint/.test(next.kind) ||
      (next.kind === 'word' && /^\p{Ll}/u.test(next.text)));
  if (token.text !== '!') tokens.splice(i + 1, 0, { kind: 'end', text: '.', blank: false });
  else if (!goesOn) return;
  Object.assign(token, { kind: 'postfix', text: '!' });
}

/** Words that are more than words with nothing but words beside them. */
const MEANS = /^(?:and|or|pi|oo|infinity|infty)$/i;
const isWord = (token: ProseToken | undefined): boolean =>
  token === undefined || token.kind === 'word';

function classifyWord(tokens: ProseToken[], i: number): void {
  const token = tokens[i]!;
  const [prev, next] = [tokens[i - 1], tokens[i + 1]];
  const { text } = token;
  if (isWord(prev) && isWord(next) && !MEANS.test(text)) return; // prose: most words
  if (/^(?:and|or)$/i.test(text)) token.kind = 'joint';
  else if (OPERATIONS.test(text) && isNumber(next)) token.kind = 'binary';
  else if (/^(?:divided|multiplied)$/.test(text) && endsValue(prev)) token.kind = 'binary';
  else if (text === 'to' && isNumber(prev) && isNumber(next) && tokens[i - 2]?.text !== 'from')
    token.kind = 'binary'; // odds of 3 to 2
  else if (prev?.kind === 'open' && isNumber(tokens[i - 2]) && knownUnit(text))
    return; // `6 (ft^2)`
  else if (isOrdinal(token, prev)) tokens.splice(i, 1);
  else if (namesUnit(token, prev, next)) token.kind = 'unit';
  else if (CONSTANTS.test(text)) token.kind = 'value';
  else if (
    FUNCTIONS.test(text) &&
    (next?.text === '(' || next?.text === '_' || isNumber(next) || next?.kind === 'prefix')
  )
    token.kind = 'prefix';
  else if (/^x$/i.test(text) && isNumber(prev) && isNumber(next))
    Object.assign(token, { kind: 'binary', text: '×' });
  else if (isLetters(token, prev, next)) token.kind = 'value';
}

const isOrdinal = (token: ProseToken, prev?: ProseToken): boolean =>
  isNumber(prev) && !token.blank && /^(?:st|nd|rd|th|er|e|ª|º)$/.test(token.text);

/** After a number: a name of a unit (`in` only where the sentence ends), or the symbol of one; `cm2` with its power. */
function namesUnit(token: ProseToken, prev?: ProseToken, next?: ProseToken): boolean {
  const joined =
    (prev?.kind === 'unit' || prev?.text === '/' || prev?.text === '·') && !token.blank;
  if (!endsValue(prev) && !joined) return false;
  const bare = token.text.replace(/(?<=\p{L})[23]$/u, '');
  if (bare === 'in') return next === undefined || next.kind === 'end' || /[\^²³/]/.test(next.text);
  if (bare.length > 1 || bare === 'm' || bare === 's')
    return knownUnit(bare) && (token.blank || bare.length > 1 || unitFollows(next));
  return (
    isUnitSymbol(bare) &&
    /[A-Za-z]/.test(bare) &&
    (unitFollows(next) || joined) &&
    (token.blank || joined)
  );
}
const unitFollows = (next?: ProseToken): boolean =>
  next === undefined ||
  ['end', 'close', 'joint', 'word', 'open'].includes(next.kind) ||
  /^[\^²³/·]$/.test(next.text);

/** Letters of a formula: one beside an operation, or up to three glued to a number or power. */
function isLetters(token: ProseToken, prev?: ProseToken, next?: ProseToken): boolean {
  const article = token.blank && /^[aAI]$/.test(token.text) && next?.kind === 'word';
  const before =
    prev !== undefined && !article && (!token.blank || /^(?:binary|prefix|sign)$/.test(prev.kind));
  const after =
    next !== undefined && (!next.blank || next.kind === 'binary' || next.kind === 'sign');
  if (/^[A-Za-z]$/.test(token.text)) {
    const left =
      before &&
      (/^(?:binary|prefix|open|sign)$/.test(prev.kind) ||
        (prev.kind !== 'word' && endsValue(prev)));
    const right =
      after &&
      (/^(?:binary|open)$/.test(next.kind) ||
        (next.kind === 'postfix' && !next.blank) ||
        (next.kind === 'sign' && next.text !== '-') ||
        (next.text === '-' && next.blank) ||
        (next.text === '-' && !next.blank));
    return left || (right && next.text !== '/') || (right && !next.blank);
  }
  if (!/^[a-z]{2,3}$/.test(token.text)) return false;
  return (
    (isNumber(prev) && !token.blank) ||
    (next !== undefined && !next.blank && (/^[\^²³⁴]/.test(next.text) || /^[+*]$/.test(next.text)))
  );
}
