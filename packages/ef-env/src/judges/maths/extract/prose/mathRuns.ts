// One file: how a run begins, goes on and ends are questions to the same token and its neighbours.
import { wordSet } from '../../../../text/wordSet.ts';
import { isChanged, isOperand } from './changedNumber.ts';
import { joinedRuns } from './joinedRuns.ts';
import type { MathRun, Piece } from './mathRun.ts';
import { endsValue, isNumber, type ProseToken } from './proseToken.ts';
import { proseTokens } from './proseTokens.ts';
import { remarks } from './remarks.ts';
import { runText } from './runText.ts';
import { withoutMarkdown } from './withoutMarkdown.ts';

/** Verbs after which a lone minus is a sign, not a dash. */
const STATES = /* @__PURE__ */ wordSet(
  'is are was were be equal equals to give gives get gets got of at by obtain becomes have',
);

/** A number and nothing else. */
const NUMBER = /^-?\d+(?:[.,]\d+)*$/;

/** The mathematics in a text of prose, in order; lists (`1, 2 and 3`, `x = 1, y = 2`) are one run. */
export function mathRuns(text: string): MathRun[] {
  if (NUMBER.test(text)) return [{ text, broken: false, aside: false, leading: true }];
  const tokens = proseTokens(withoutMarkdown(text));
  const asides = remarks(tokens);
  const pieces: Piece[] = [];
  for (let i = 0; i < tokens.length; ) {
    const piece = startsRun(tokens, i) ? readRun(tokens, i, asides) : null;
    if (piece !== null) pieces.push(piece);
    i = piece === null ? i + 1 : Math.max(piece.end, i + 1);
  }
  return joinedRuns(tokens, pieces);
}

function startsRun(tokens: readonly ProseToken[], i: number): boolean {
  const { kind, text, blank } = tokens[i]!;
  if (kind === 'value' || kind === 'prefix' || kind === 'open' || kind === 'binary') return true;
  if (kind !== 'sign' && kind !== 'dash') return false;
  const [prev, next] = [tokens[i - 1], tokens[i + 1]];
  if (
    next === undefined ||
    (next.kind !== 'value' && next.kind !== 'prefix' && next.kind !== 'open')
  )
    return false;
  if (!next.blank) return text !== '—' || blank;
  return (
    prev === undefined ||
    (prev.kind === 'word' && STATES.has(prev.text.toLowerCase()) && text !== '—')
  );
}

/** Whether only words stand between a token and an equals sign before it: `profit = revenue - 5`. */
function continuesEquation(tokens: readonly ProseToken[], i: number): boolean {
  for (let k = i - 1; k >= 0; k--) if (tokens[k]!.kind !== 'word') return tokens[k]!.text === '=';
  return false;
}

/** How far a run has been read. */
interface Progress {
  /** Open brackets. */
  depth: number;
  broken: boolean;
  /** Whether a value has just been read, so that a sign may follow. */
  value: boolean;
}

/** A token with its neighbours. */
interface Place {
  token: ProseToken;
  before: ProseToken | undefined;
  next: ProseToken | undefined;
}

function readRun(
  tokens: readonly ProseToken[],
  start: number,
  asides: readonly boolean[],
): Piece | null {
  const aside = asides[start]!;
  const first = tokens[start]!;
  const afterWord = tokens[start - 1]?.kind === 'word' && tokens[start - 1]!.text.length > 1;
  if (first.kind === 'open' && aside && !asides[start - 1]) return null;
  if ((first.kind === 'sign' || first.kind === 'dash') && afterWord && !first.blank)
    return skipped(tokens, start);
  const relation = first.kind === 'binary' && first.text !== '|';
  const operand =
    first.kind === 'value' && (continuesDash(tokens, start) || isOperand(tokens, start));
  const progress: Progress = {
    depth: 0,
    broken: operand || (relation && !/^(?:=|==|≈)$/.test(first.text)),
    value: false,
  };
  let end = relation ? start + 1 : start;
  for (; end < tokens.length && asides[end] === aside; end++) {
    const place: Place = { token: tokens[end]!, before: tokens[end - 1], next: tokens[end + 1] };
    const isBreak = place.token.text === '\n' && end > start; // a line may end after a sign
    if (!(progress.value ? goesOn(place, progress) : isBreak || beginsValue(place, progress)))
      break;
  }
  const { depth, broken } = progress;
  return finished(tokens, { start, end, broken: broken || depth > 0, aside });
}

/** Where a value is expected: whether the token is one, or leads to one. */
function beginsValue({ token, before, next }: Place, progress: Progress): boolean {
  const { kind, text } = token;
  if (kind === 'value' || (kind === 'unit' && before?.kind === 'binary')) progress.value = true;
  else if (kind === 'open') progress.depth += 1;
  else if (kind === 'close' && progress.depth > 0 && before?.kind === 'open') {
    progress.depth -= 1;
    progress.value = true;
  } else
    return (
      kind === 'prefix' ||
      kind === 'sign' ||
      (kind === 'dash' && next?.blank === false) ||
      text === '|' ||
      (text === '_' && before?.kind === 'prefix')
    );
  return true;
}

/** After a value: whether the token continues the run. */
function goesOn(place: Place, progress: Progress): boolean {
  const { token, before, next } = place;
  switch (token.kind) {
    case 'unit':
      return true;
    case 'postfix':
      return !token.blank || token.text === '%';
    case 'close':
      progress.depth -= 1;
      if (progress.depth >= 0) return true;
      progress.depth = 0;
      return false;
    case 'joint':
      progress.value = false;
      return progress.depth > 0;
    case 'binary':
      progress.value = token.text === '|';
      if (/^[a-z]+$/i.test(token.text)) progress.broken = true;
      return true;
    case 'sign':
    case 'dash':
      return isOperation(place, progress);
    case 'value':
      if (isNumber(token) && isNumber(before) && token.blank && !isMixed(before!, token, next))
        progress.broken = true;
      return true;
    case 'open':
      if (token.blank && (token.text === '[' || before?.kind === 'unit')) return false;
      progress.depth += 1;
      progress.value = false;
      return true;
    case 'prefix':
      progress.value = false;
      return true;
    default:
      return false;
  }
}

/** Whether a sign or dash after a value calculates; between two numbers without blanks it is a range or a score. */
function isOperation({ token, before, next }: Place, progress: Progress): boolean {
  const loose = token.kind === 'dash' && token.blank !== next?.blank && token.blank;
  if (token.text === '—' || loose) return false;
  const glued = !token.blank && next?.blank === false;
  if (glued && isNumber(before) && isNumber(next) && token.text !== '+') progress.broken = true;
  if (next === undefined || next.kind === 'word' || next.kind === 'end') {
    if (!token.blank && next?.kind === 'word') progress.broken = true; // `3-digit`
    return false;
  }
  progress.value = false;
  return true;
}

/** `COVID-19`: the number belongs to the word. */
function skipped(tokens: readonly ProseToken[], start: number): Piece {
  return {
    text: '',
    broken: false,
    aside: true,
    leading: false,
    first: start,
    end: Math.min(tokens.length, start + 2),
  };
}

/** `revenue - 5` after an equals sign. */
function continuesDash(tokens: readonly ProseToken[], start: number): boolean {
  const prev = tokens[start - 1];
  return (prev?.kind === 'sign' || prev?.kind === 'dash') && continuesEquation(tokens, start - 1);
}

/** `2 1/2` and `2 ½` */
const isMixed = (whole: ProseToken, token: ProseToken, next?: ProseToken): boolean =>
  /^\d+$/.test(whole.text) &&
  (/^[¼-¾⅐-⅞]$/.test(token.text) || (next?.text === '/' && !next.blank));

/** Cuts what dangles at the end; a sign of multiplication or power that dangles means that words go on with it. */
function finished(
  tokens: readonly ProseToken[],
  run: { start: number; end: number; broken: boolean; aside: boolean },
): Piece | null {
  let { end, broken } = run;
  while (end > run.start && !endsValue(tokens[end - 1])) {
    const { kind, text } = tokens[end - 1]!;
    if (kind === 'binary' && !/^[=≈/]$/.test(text)) broken = true;
    end -= 1;
  }
  const { aside, start: first } = run;
  const leading = first === 0;
  if (end <= first)
    return broken ? { text: '', broken, aside, leading, first, end: run.end } : null;
  return {
    text: runText(tokens.slice(run.start, end)),
    broken: broken || isChanged(tokens, end),
    aside,
    leading,
    first,
    end,
  };
}
