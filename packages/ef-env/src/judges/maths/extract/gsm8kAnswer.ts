import { readOptions } from '../../../base/readOptions.ts';
import { cutAtStop } from '../../../text/cutAtStop.ts';
import { lastBoxed } from './findBoxes.ts';

export interface Gsm8kAnswerOptions {
  /** Nothing after the first of these strings is read: where a base model goes on with the next question. Default none. */
  stop?: readonly string[] | undefined;
}

/**
 * What follows the last `####`, as GSM8K writes its answers, without commas in numbers, Markdown, dollar signs and
 * boxes; `null` if there is none. Words after the number stay, as in tinker-cookbook's function of this name.
 *
 * @throws {EfEnvError} `option` for an option that is not known, with the nearest one.
 *
 * @example
 * gsm8kAnswer('5 + 5 = 10\n#### 1,010'); // '1010'
 * gsm8kAnswer('#### **$1,200**'); // '1200'
 */
export function gsm8kAnswer(text: string, options: Gsm8kAnswerOptions = {}): string | null {
  const { stop = [] } = readOptions('gsm8kAnswer', options, { stop: 'optional' });
  const found = [...cutAtStop(text, stop).matchAll(/####[ \t]*:?[ \t]*([^\n]+)/g)].at(-1)?.[1];
  if (found === undefined) return null;
  return (lastBoxed(found) ?? found)
    .replace(/\*\*|`|\\?\$|\\[()]/g, '')
    .replace(/(?<=\d)(?:,|\{,\}|\\,|[\u00a0\u202f\u2009](?=\d{3}(?!\d)))(?=\d)/g, '')
    .trim()
    .replace(/^([-+]?[\d./]*\d)\.$/, '$1');
}

/** A number with its sign, thousands and fraction, that is no part of another. */
const NUMBER =
  /(?<![\p{L}\d_.,/^:])(?:(?<![\p{L}\d)])([-\u2212\u2013])|(?<=(?:\b(?:is|are|be|equals)|[=:])\s?)([-\u2212\u2013])\s)?\\?\$?(?<![\p{L}\d_.,/^:])(\d{1,3}(?:[,\u00a0\u202f\u2009'\u2019 ]\d{3})+(?!\d)|\d+)(\.\d+)?(?![\d]|[,.]\d|[/^:]\d|[eE][-+]?\d)/gu;

/**
 * The last integer of a text, or `null`: `64 + 67 = **131**` gives 131, `$70,000.` 70000, `$29.00` 29. Parts of other
 * numbers are none: `3.14` and `3/4` give `null`. Beyond 2^53 it is rounded, as any number.
 */
export function lastInteger(text: string): number | null {
  let last: number | null = null;
  for (const [, glued, loose, digits, fraction = ''] of text.matchAll(NUMBER)) {
    if (/[1-9]/.test(fraction)) continue;
    const size = Number(digits!.replace(/\D/g, '')); // the pattern asks for digits
    last = (glued ?? loose) === undefined ? size : -size;
  }
  return last;
}
