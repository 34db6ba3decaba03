import { codeFences } from './codeFences.ts';
import { type TurnPart, turnParts, turnStart } from './turnParts.ts';

/** What a policy said in a turn. */
export interface Turn {
  /** What follows the thought, up to what ends the turn; with blanks. */
  answer: string;
  /** Where the answer begins in the completion, UTF-16 units. */
  start: number;
  /** `'open'`: a thought was begun and never closed; the answer is what stood before it. */
  thought: 'none' | 'closed' | 'open';
  /** Tool calls of the answer, where they stand in the completion. */
  calls: readonly TurnPart[];
  /** Tool calls that are part of a thought: nobody makes them. */
  thoughtCalls: number;
}

/**
 * Splits a completion into thought and answer.
 *
 * - The thought ends at the last delimiter that is not quoted: in a block of code, between backquotes, in the JSON of a
 *   tool call, in `<search>` or `<answer>`. In prose behind a block or a call it is quoted too, unless it has a line of
 *   its own or closes another thought.
 * - The turn ends at the first mark of a chat template behind the thought that is not quoted.
 * - A block of code that a thought leaves open ends with the thought.
 *
 * @param delimiters - what closes a thought. Default `['</think>']`.
 */
export function readTurn(completion: string, delimiters: readonly string[] = ['</think>']): Turn {
  const from = turnStart(completion);
  const known = delimiters.filter((delimiter) => delimiter !== '');
  const parts = turnParts(completion, from, known);
  if (parts.length === 0) {
    return {
      answer: completion.slice(from),
      start: from,
      thought: 'none',
      calls: [],
      thoughtCalls: 0,
    };
  }
  const span = split(completion, from, parts);
  const how = { delimiters: known, opened: span.opened !== null };
  const close = span.closed ? null : swallowedClose(completion, parts, how);
  if (close === null) return asTurn(completion, parts, span);
  const later = turnParts(completion, close, known);
  const before = parts.filter(({ end }) => end <= close);
  return asTurn(completion, [...before, ...later], {
    ...split(completion, close, later),
    closed: true,
  });
}

/** Where the answer stands. */
interface AnswerSpan {
  start: number;
  end: number;
  /** The mark that opened a thought which was not closed. */
  opened: TurnPart | null;
  closed: boolean;
}

function asTurn(
  text: string,
  parts: readonly TurnPart[],
  { start, end, opened, closed }: AnswerSpan,
): Turn {
  const calls = parts.filter(({ kind }) => kind === 'call');
  const inThought = (call: TurnPart): boolean =>
    call.start < start || (opened !== null && call.start > opened.start);
  const known = closed ? 'closed' : 'none';
  return {
    answer: text.slice(start, end),
    start,
    thought: opened ? 'open' : known,
    calls: calls.filter((call) => call.start >= start && call.start < end),
    thoughtCalls: calls.filter(inThought).length,
  };
}

function split(text: string, from: number, parts: readonly TurnPart[]): AnswerSpan {
  let start = from;
  let opened: TurnPart | null = null;
  let ended: TurnPart | null = null;
  let closed = false;
  let acted = false; // a block or a call since start
  for (const part of parts) {
    if (part.kind === 'open') {
      if (ended) break; // the thought of another turn
      opened ??= part;
    } else if (part.kind === 'end') {
      if (isLeading(text, start, part)) continue;
      ended ??= part; // inside the thought, if that is closed later
      if (closed && !opened) break;
    } else if (part.kind === 'close') {
      const closesNone = closed && !opened;
      if (closesNone && acted && !hasOwnLine(text, part.start, part.end)) continue; // the answer speaks of it
      [start, opened, ended, closed, acted] = [part.end, null, null, true, false];
    } else acted = true;
  }
  return { start, end: (opened ?? ended)?.start ?? text.length, opened, closed };
}

/** A mark that a sampler glued to the beginning of the answer. */
const isLeading = (text: string, start: number, mark: TurnPart): boolean =>
  text.slice(start, mark.start).trim() === '' && /^\S/.test(text.slice(mark.end, mark.end + 1));

/** Only blanks stand before and behind it in its line. */
function hasOwnLine(text: string, start: number, end: number): boolean {
  let before = start - 1;
  while (text[before] === ' ' || text[before] === '\t') before--;
  return (before < 0 || text[before] === '\n') && /^[ \t\r]*(?:\n|$)/.test(text.slice(end));
}

/** More of them than this are not tried: each costs a pass over the text. */
const MAX_CANDIDATES = 8;

/**
 * Where a thought ends that left a block of code open, so that its delimiter seems to be part of the code: the code
 * behind it is complete by itself. Without `<think>` the delimiter has to have a line of its own and no `<think>` before it.
 */
function swallowedClose(
  text: string,
  parts: readonly TurnPart[],
  { delimiters, opened }: { delimiters: readonly string[]; opened: boolean },
): number | null {
  const code = parts.filter(({ kind }) => kind === 'code');
  let [block, tried] = [0, 0];
  for (const close of positions(text, delimiters)) {
    while (block < code.length && code[block]!.end <= close.start) block++; // within the list
    const around = code[block];
    if (around === undefined || ++tried > MAX_CANDIDATES) return null;
    if (close.start < around.start) continue;
    const alone = hasOwnLine(text, close.start, close.end);
    const before = text.slice(around.start, close.start);
    const plausible = opened || (alone && !before.includes('<think>'));
    if (plausible && isWhole(text.slice(close.end))) return close.end;
  }
  return null;
}

/** Where the delimiters stand, quoted or not. */
function positions(text: string, delimiters: readonly string[]): { start: number; end: number }[] {
  const found: { start: number; end: number }[] = [];
  for (const delimiter of delimiters) {
    for (let at = text.indexOf(delimiter); at >= 0; ) {
      found.push({ start: at, end: at + delimiter.length });
      at = text.indexOf(delimiter, at + delimiter.length);
    }
  }
  return found.sort((a, b) => a.start - b.start);
}

/** No fence closes what was not opened, and the first line has no half of a quotation. */
function isWhole(text: string): boolean {
  const fences = codeFences(text);
  const [line = ''] = text.split('\n', 1);
  const quotes = line.match(/`+/g) ?? [];
  // what closes a block of before seems to open one: it is not closed, or the next block opens in it
  const stray = fences.some(
    ({ info, closed, start, end }) =>
      info === '' && (!closed || /^[ \t]*(?:```|~~~)\S/m.test(text.slice(start, end))),
  );
  return !stray && quotes.length % 2 === 0 && !/^['")\]]/.test(line);
}
