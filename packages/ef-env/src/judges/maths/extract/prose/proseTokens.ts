import { wordSet } from '../../../../text/wordSet.ts';
import { isUnitSymbol, knownUnit } from '../../read/units.ts';
import { endsValue, isNumber, type ProseToken } from './proseToken.ts';
import { scanProse } from './scanProse.ts';

const FUNCTIONS = /* @__PURE__ */ wordSet(
  'sqrt cbrt sin cos tan cot sec csc asin acos atan arcsin arccos arctan log ln lg exp',
);
const CONSTANTS = /* @__PURE__ */ wordSet('pi oo infinity infty');
/** Words that calculate with the number after them. */
const OPERATIONS = /* @__PURE__ */ wordSet('times plus minus choose mod modulo base');

/** Splits prose (see withoutMarkdown.ts) into tokens; words are told from letters of formulas by what stands beside them. */
export function proseTokens(text: string): ProseToken[] {
  const tokens = scanProse(text);
  for (let i = 0; i < tokens.length; i++) classify(tokens, i);
  return tokens;
}

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

const JOINTS = /* @__PURE__ */ wordSet('and or');
const isWord = (token: ProseToken | undefined): boolean =>
  token === undefined || token.kind === 'word';

function classifyWord(tokens: ProseToken[], i: number): void {
  const token = tokens[i]!;
  const [prev, next] = [tokens[i - 1], tokens[i + 1]];
  const { text } = token;
  const lower = text.toLowerCase();
  const means = JOINTS.has(lower) || CONSTANTS.has(lower);
  if (isWord(prev) && isWord(next) && !means) return; // prose: most words
  if (JOINTS.has(lower)) token.kind = 'joint';
  else if (OPERATIONS.has(lower) && isNumber(next)) token.kind = 'binary';
  else if ((text === 'divided' || text === 'multiplied') && endsValue(prev)) token.kind = 'binary';
  else if (text === 'to' && isNumber(prev) && isNumber(next) && tokens[i - 2]?.text !== 'from')
    token.kind = 'binary'; // odds of 3 to 2
  else if (prev?.kind === 'open' && isNumber(tokens[i - 2]) && knownUnit(text))
    return; // `6 (ft^2)`
  else if (isOrdinal(token, prev)) tokens.splice(i, 1);
  else if (namesUnit(token, prev, next)) token.kind = 'unit';
  else if (CONSTANTS.has(lower)) token.kind = 'value';
  else if (
    FUNCTIONS.has(text) &&
    (next?.text === '(' || next?.text === '_' || isNumber(next) || next?.kind === 'prefix')
  )
    token.kind = 'prefix';
  else if (lower === 'x' && isNumber(prev) && isNumber(next))
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
  const raised = /[23]$/.test(token.text);
  const bare = raised ? token.text.replace(/(?<=\p{L})[23]$/u, '') : token.text;
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
