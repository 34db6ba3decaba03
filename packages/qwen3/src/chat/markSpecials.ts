import { Qwen3Error } from '../base/errors.ts';
import type { TextRange } from './addedTokens.ts';
import type { Tokenizer } from './createTokenizer.ts';
import type { Specials } from './specials.ts';
import type { TemplateMessage } from './templateMessage.ts';

/** Messages whose special tokens stand under other letters, and the way back. */
export interface MarkedMessages {
  messages: readonly TemplateMessage[];
  /** The rendered text with the letters put back, and where such tokens lie in it. */
  restore(text: string): { text: string; verbatim: TextRange[] };
}

/** Letters for private use, which no template looks for. */
const FIRST_MARK = 0xf0000;

/** Deeper messages are refused: they contain themselves. */
const MOST_DEEP = 200;

/**
 * A template does not say which of its text came from a message. So special tokens in messages of others begin with a
 * letter for private use while it runs: wherever the template puts, trims or cuts them, they can be found again.
 */
export function markSpecials(
  messages: readonly TemplateMessage[],
  tokenizer: Tokenizer,
  specials: Readonly<Record<string, Specials>>,
): MarkedMessages {
  const texts: string[] = [];
  for (const message of messages) mapTexts(message, (text) => texts[texts.push(text) - 1]!);
  const everything = texts.join('');
  const marks = new Map<string, string>(); // token -> letter
  let code = FIRST_MARK;
  const markOf = (token: string): string => {
    let letter = marks.get(token);
    while (letter === undefined || everything.includes(letter))
      letter = String.fromCodePoint(code++);
    marks.set(token, letter);
    return letter;
  };
  const mark = (text: string): string =>
    specialsIn(text, tokenizer).reduce(
      (marked, token) => marked.replaceAll(token, markOf(token) + token.slice(1)),
      text,
    );
  const marked = messages.map((message): TemplateMessage => {
    if (typeof message !== 'object' || message === null) return message;
    const { role, ...fields } = message;
    const isSplit = (specials[role] ?? 'split') === 'split';
    return isSplit ? { role, ...(mapTexts(fields, mark) as object) } : message;
  });
  return { messages: marked, restore: (text) => restored(text, marks) };
}

/** The value with every text in it replaced. */
function mapTexts(value: unknown, change: (text: string) => string, depth = 0): unknown {
  if (depth > MOST_DEEP) {
    throw new Qwen3Error(
      'option',
      `ChatTemplate.encode: a message is nested more than ${MOST_DEEP} deep, or contains itself.`,
    );
  }
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change, depth + 1));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, mapTexts(item, change, depth + 1)]),
  );
}

/** Added tokens written out in a text, longest first: what would be one token, and is several when spelled out. */
function specialsIn(text: string, tokenizer: Tokenizer): string[] {
  const split = new Set(tokenizer.encode(text, { verbatim: true }));
  const found = [...new Set(tokenizer.encode(text))]
    .filter((id) => !split.has(id))
    .map((id) => tokenizer.decode([id]));
  const isAdded = (token: string): boolean =>
    token !== '' &&
    text.includes(token) &&
    tokenizer.encode(token, { verbatim: true }).length !== 1;
  return found.filter(isAdded).sort((a, b) => b.length - a.length);
}

function restored(
  text: string,
  marks: ReadonlyMap<string, string>,
): { text: string; verbatim: TextRange[] } {
  const tokens = new Map([...marks].map(([token, letter]) => [letter, token]));
  const verbatim: TextRange[] = [];
  let plain = '';
  for (const letter of text) {
    const token = tokens.get(letter);
    if (token !== undefined) verbatim.push([plain.length, plain.length + token.length]);
    plain += token?.[0] ?? letter;
  }
  return { text: plain, verbatim };
}
