/** A token that is found in text before the model of the tokenizer sees it, as `tokenizer.json` lists it. */
export interface AddedToken {
  id: number;
  content: string;
  /** Found only where no letter, digit or `_` touches it. */
  single_word: boolean;
  /** Takes the blanks before it along. */
  lstrip: boolean;
  rstrip: boolean;
  special: boolean;
  /** Looked for after normalisation, in normalised spelling. */
  normalized: boolean;
}

/** First character and one past the last, in UTF-16 units. */
export type TextRange = readonly [start: number, end: number];

/** A stretch of text: an added token, or what lies between two of them. */
export interface Section {
  start: number;
  end: number;
  token?: AddedToken;
}

// `\w` and `\s` of Rust's regular expressions, which JavaScript's are not (U+0085 is a blank, U+FEFF is none).
const WORD = '[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}]';
const STARTS_WITH_WORD = new RegExp(`^${WORD}`, 'u');
const ENDS_WITH_WORD = new RegExp(`${WORD}$`, 'u');
const IS_BLANK = /^\p{White_Space}$/u;

/**
 * Finds added tokens in text: leftmost, of several at one place the longest, as the Rust tokenizers do.
 *
 * @param spell - how a token is spelled in the text that is searched.
 * @returns a function that cuts a text into sections, but for tokens that are ordinary text: those of `isSplit`, and
 * any in a place of `isVerbatim`.
 */
export function addedTokenFinder(
  tokens: readonly AddedToken[],
  spell: (content: string) => string = (content) => content,
): (
  text: string,
  isSplit: (token: AddedToken) => boolean,
  isVerbatim: (start: number, end: number) => boolean,
) => Section[] {
  const bySpelling = new Map(tokens.map((token) => [spell(token.content), token]));
  bySpelling.delete('');
  const spellings = [...bySpelling.keys()].sort((a, b) => b.length - a.length);
  if (spellings.length === 0) {
    return (text) => (text === '' ? [] : [{ start: 0, end: text.length }]);
  }
  const pattern = new RegExp(spellings.map(escapePattern).join('|'), 'g');
  return (text, isSplit, isVerbatim) => {
    const sections: Section[] = [];
    let done = 0;
    pattern.lastIndex = 0;
    for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
      const token = bySpelling.get(match[0]);
      if (token === undefined) continue;
      let [start, end] = [match.index, match.index + match[0].length];
      if (isVerbatim(start, end)) {
        pattern.lastIndex = start + 1; // the template's next token may begin inside
        continue;
      }
      if (isSplit(token) || (token.single_word && touchesWord(text, start, end))) continue;
      if (token.lstrip) while (start > done && IS_BLANK.test(text[start - 1]!)) start--;
      if (token.rstrip) while (end < text.length && IS_BLANK.test(text[end]!)) end++;
      if (start > done) sections.push({ start: done, end: start });
      sections.push({ start, end, token });
      done = end; // blanks that were taken along may still begin the next token
    }
    if (done < text.length) sections.push({ start: done, end: text.length });
    return sections;
  };
}

function touchesWord(text: string, start: number, end: number): boolean {
  return (
    ENDS_WITH_WORD.test(text.slice(Math.max(0, start - 2), start)) ||
    STARTS_WITH_WORD.test(text.slice(end, end + 2))
  );
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
