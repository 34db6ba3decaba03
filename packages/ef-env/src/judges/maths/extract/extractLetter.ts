import { readOptions } from '../../../base/readOptions.ts';
import { afterThinking } from '../../../text/afterThinking.ts';

export interface ExtractLetterOptions {
  /** The letters that can be chosen. Default `['A', 'B', 'C', 'D']`. */
  letters?: readonly string[] | undefined;
}

/**
 * The letter that a completion chooses, or `null`: after 'answer is' or 'answer:' (in several languages),
 * else at the beginning, else the last one that stands alone and is not denied by a 'not' before it.
 *
 * @throws {EfEnvError} `option` for an option that is not known, with the nearest one.
 *
 * @example
 * extractLetter("It's not A, therefore I think it's B"); // 'B'
 */
export function extractLetter(
  completion: string,
  options: ExtractLetterOptions = {},
): string | null {
  const { letters = ['A', 'B', 'C', 'D'] } = readOptions('extractLetter', options, {
    letters: 'optional',
  });
  const text = afterThinking(completion).replace(
    /\\(?:boxed|text|textbf|mathrm)\s*\{|\*\*|\$/g,
    ' ',
  );
  const letter = `(?<![A-Za-z])\\(?(${letters.join('|')})(?![A-Za-z'])`;
  const anchored = [
    ...text.matchAll(
      new RegExp(
        `(?:answer|choice|option|r[ée]ponse|答案)s?[^.\\n]{0,20}?(?:\\bis|\\best|:|是|：)\\s*(?:for sure\\s*)?[\\s(]*${letter}`,
        'gi',
      ),
    ),
  ].at(-1)?.[1];
  if (anchored !== undefined && letters.includes(anchored)) return anchored;
  const first = new RegExp(`^\\s*${letter}(?=[\\s.,:)。]|[^\\x00-\\x7f]|$)`).exec(text)?.[1];
  if (first !== undefined) return first;
  // 'A' before a small word is the article
  const alone = [
    ...text.matchAll(
      new RegExp(`(?<!\\b(?:not|non|never|than)\\s)${letter}(?! [a-z]+ (?:of|for|that)\\b)`, 'g'),
    ),
  ];
  return alone.at(-1)?.[1] ?? null;
}
