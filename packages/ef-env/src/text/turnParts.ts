import { fenceAt } from './codeFences.ts';
import { jsonObjectEnd } from './jsonObjectEnd.ts';

/** A piece of a completion that decides what is thought, what is answer and where the turn ends. */
export interface TurnPart {
  /**
   * `'open'`, `'close'`: marks of a thought. `'end'`: a mark of a chat template. `'call'`: a tool call. `'code'`: a
   * fenced block, a text between backquotes, or a tagged action.
   */
  kind: 'open' | 'close' | 'end' | 'call' | 'code';
  /** UTF-16 units in the completion. */
  start: number;
  end: number;
}

/** Ends and beginnings of turns: Qwen, Llama 2 to 4, Mistral, Gemma, Phi, GLM, DeepSeek, Kimi, Command R, Granite, gpt-oss. */
const TEMPLATE_MARK =
  /<\|(?:im_(?:end|start|user|assistant|system)|endoftext|eot_id|eom_id|eot|end|return|call|user|assistant|system|observation|(?:end|begin)_of_text|start_header_id|end_of_turn|start_of_role|fim_(?:prefix|middle|suffix|pad)|repo_name|file_sep|(?:END|START)_OF_TURN_TOKEN)\|>|<(?:end_of_turn|start_of_turn|eos)>|<｜(?:end▁of▁sentence|begin▁of▁sentence|User|Assistant)｜>/;

/** What ends the turn of a block that is cut off stands at the end of a line. */
const ENDING_MARK = new RegExp(
  `(?:${TEMPLATE_MARK.source})(?=\\s*$)|</s>(?=\\s*$(?![\\s\\S]))`,
  'm',
);

/** A sampler that keeps the header of its own turn puts this first: it ends nothing. */
const HEADER =
  /^\s*(?:<\|im_start\|>\s*assistant|<\|start_header_id\|>\s*assistant\s*<\|end_header_id\|>|<start_of_turn>\s*model|<\|assistant\|>|<｜Assistant｜>)/;

/** Where the text of a turn begins: behind the header of its template, if it has one. */
export function turnStart(completion: string): number {
  return completion.includes('<') ? (HEADER.exec(completion)?.[0].length ?? 0) : 0;
}

/**
 * The parts of a completion from `from` on, in order. Marks that stand in code, in a call or in an action are text.
 *
 * @param delimiters - what closes a thought.
 */
export function turnParts(text: string, from: number, delimiters: readonly string[]): TurnPart[] {
  const parts: TurnPart[] = [];
  const code = CODE.test(text);
  if (!code && !MARKED.test(text) && !delimiters.some((delimiter) => text.includes(delimiter)))
    return parts;
  const usual = delimiters.length === 1 && delimiters[0] === '</think>';
  const token = usual ? USUAL[code ? 'code' : 'prose'] : tokenPattern(delimiters, code);
  let struck = 0; // <s>…</s> is HTML, a </s> of its own ends a turn of Llama
  token.lastIndex = from;
  for (let found = token.exec(text); found; found = token.exec(text)) {
    const start = found.index;
    const word = found[0];
    const after = token.lastIndex;
    const kind = KINDS.find((name) => found?.groups?.[name] !== undefined);
    if (kind === undefined) {
      const ends = word === '</s>' && (struck === 0 || text.slice(after).trim() === '');
      if (ends) parts.push({ kind: 'end', start, end: after });
      else struck += word === '<s>' ? 1 : -1;
      continue;
    }
    const read = READERS[kind](text, { word, start, after });
    parts.push(...read);
    token.lastIndex = Math.max(after, read.at(-1)?.end ?? 0);
  }
  return parts;
}

/** The word that a part begins with, and where it begins and ends. */
interface FirstWord {
  word: string;
  start: number;
  after: number;
}

type Reader = (text: string, first: FirstWord) => TurnPart[];

const READERS = {
  fence: readFence,
  quote: readQuote,
  call: (text, { start, after }) => [{ kind: 'call', start, end: callEnd(text, after) ?? after }],
  action: readAction,
  open: (_, { start, after }) => [{ kind: 'open', start, end: after }],
  close: (_, { start, after }) => [{ kind: 'close', start, end: after }],
  end: (_, { start, after }) => [{ kind: 'end', start, end: after }],
} as const satisfies Record<string, Reader>;
const KINDS = Object.keys(READERS) as (keyof typeof READERS)[]; // an object of this file

/** @param code - whether the text may hold code; a pattern without looks at few places of a text. */
function tokenPattern(delimiters: readonly string[], code: boolean): RegExp {
  const escaped = delimiters.map((text) => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'));
  const close = escaped.join('|') || '(?!)'; // nothing closes a thought
  return new RegExp(
    [
      ...(code
        ? [
            `(?<fence>(?:^|(?<=<think>|${close}))[ \\t]*(?:(?:[-*+>]|\\d{1,9}[.)])[ \\t]+)*(?:\`{3,}(?=[^\`\\n]*$)|~{3,}))`,
            '(?<quote>`+)',
          ]
        : []),
      '(?<call><tool_call>)',
      '(?<action><(?:search|answer)>)',
      `(?<close>${close})`,
      ...(delimiters.includes('</think>') ? ['(?<open><think>)'] : []),
      '</?s>',
      `(?<end>${TEMPLATE_MARK.source}|\\[/?INST\\])`,
    ].join('|'),
    'gm',
  );
}

/** What most turns are split by, compiled once; its `lastIndex` is set before each use. */
const USUAL = {
  code: /* @__PURE__ */ tokenPattern(['</think>'], true),
  prose: /* @__PURE__ */ tokenPattern(['</think>'], false),
};
/** Every block and quotation begins with one of these. */
const CODE = /`|~~~/;
/** Every other part but a delimiter begins with one of these: most answers have none. */
export const MARKED: RegExp = /<|\[\/?INST\]/;

/** A fenced block, and the calls in it that are real ones. */
function readFence(text: string, { start }: FirstWord): TurnPart[] {
  const fence = fenceAt(text, start);
  if (fence === null) return [];
  const inside = text.slice(fence.start, fence.end);
  const calls = [...inside.matchAll(/^[ \t]*<tool_call>/gm)].flatMap(({ 0: word, index }) => {
    const after = fence.start + index + word.length;
    const end = callEnd(text, after);
    const whole = end !== null && end <= fence.end;
    return whole ? [{ kind: 'call' as const, start: after - '<tool_call>'.length, end }] : [];
  });
  if (fence.closed) return [...calls, { kind: 'code', start, end: fence.next }];
  const ended = ENDING_MARK.exec(inside);
  const code: TurnPart = { kind: 'code', start, end: text.length };
  if (!ended) return [...calls, code];
  const end = fence.start + ended.index;
  return [...calls, { ...code, end }, { kind: 'end', start: end, end: end + ended[0].length }];
}

/** Text between as many backquotes as before it, in one line. A call is none, even with backquotes around it. */
function readQuote(text: string, { word, start, after }: FirstWord): TurnPart[] {
  const mark = /`+|\n/g;
  mark.lastIndex = after;
  let found = mark.exec(text);
  while (found && found[0] !== '\n' && found[0] !== word) found = mark.exec(text);
  if (found?.[0] !== word) return [];
  if (/<tool_call>\s*\{/.test(text.slice(after, found.index))) return [];
  return [{ kind: 'code', start, end: mark.lastIndex }];
}

/** Where the JSON of a call ends. */
function callEnd(text: string, after: number): number | null {
  const blanks = text.slice(after).search(/\S/);
  return blanks < 0 ? null : jsonObjectEnd(text, after + blanks);
}

/** `<search>…</search>`, `<answer>…</answer>`; only its mark, if it is not closed or another one begins in it. */
function readAction(text: string, { word, start, after }: FirstWord): TurnPart[] {
  const mark = word === '<search>' ? /<\/?search>/g : /<\/?answer>/g;
  mark.lastIndex = after;
  const next = mark.exec(text);
  const closed = next?.[0].startsWith('</') ?? false;
  return [{ kind: 'code', start, end: closed ? mark.lastIndex : after }];
}
