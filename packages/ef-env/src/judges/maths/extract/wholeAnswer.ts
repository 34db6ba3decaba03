import { wordSet } from '../../../text/wordSet.ts';
import type { Reader } from '../read/createReader.ts';
import { knownUnit } from '../read/units.ts';
import type { Candidate, Targets } from './candidate.ts';
import { mathRuns } from './prose/mathRuns.ts';

/** Words of two letters that are no product of two variables, anywhere or at the beginning. */
const SHORT_WORDS = /* @__PURE__ */ wordSet('is it so we of to at by if be do no on up');
const SHORT_FIRST_WORDS = /* @__PURE__ */ wordSet('in as an');
const NO_PROSE = /* @__PURE__ */ wordSet(
  'and sqrt percent percentage pct degree degrees sin cos tan log exp infinity mod',
);

/** `(B) 12` and nothing else. */
const CHOICE = /^\**\(?[A-J]\)[.:]?\**\s[^\n]{1,80}$/;
/** A letter after a number and a blank: it may be a unit. */
const UNIT_LETTER =
  /[\d\u00b2\u00b3\u00b9\u2070-\u2079]\s+[A-Za-z\u03a9]{1,3}(?:[\s^/\u00b7\u00b2\u00b3]|$)/u;

/** A short text without prose: the answer and nothing else. */
export function wholeAnswer(whole: string, { plain, reader }: Targets): Candidate | null {
  const text = whole.trim();
  if (plain && text.includes(')') && CHOICE.test(text))
    return { text: text.replaceAll('*', ''), decimalComma: false };
  if (!plain || !isWholeAnswer(text, reader)) return null;
  const [run, ...others] = UNIT_LETTER.test(text) ? mathRuns(text) : [];
  if (run?.leading && !run.broken && others.length === 0)
    return { text: run.text, decimalComma: true };
  return { text, decimalComma: !text.includes('$') && /^[^,]*\d,\d[^,]*$/.test(text) };
}

function isWholeAnswer(s: string, reader: Reader): boolean {
  if (s.length === 0 || s.length > 400 || /\n\s*\n|#{2,}|~~|^[-+]\s+[-*]/.test(s)) return false;
  if (/^\(?[A-Za-z]+\)?\.?$/.test(s)) return true;
  const bare = s
    .replace(/(?<=[\d)])(?:or|and)(?=[A-Z\d(])/g, ' ')
    .replace(/\\(?:text|mbox|mathrm|textbf|operatorname)\s*\{[^{}]*\}/g, ' ')
    .replace(/\\+[a-zA-Z]+/g, ' ');
  const prose = (bare.match(/[A-Za-z]{3,}/g) ?? []).some(
    (word) => !knownUnit(word) && !NO_PROSE.has(word.toLowerCase()) && !/^[A-Z]{3,}$/.test(word),
  );
  return (
    !prose &&
    !hasShortWord(bare) &&
    !/[a-zA-Z] [a-zA-Z]{2,} [a-zA-Z]/.test(bare) &&
    reader.read(s.replace(/\\?\$/g, ' '), true).length > 0
  );
}

function hasShortWord(text: string): boolean {
  for (const { 0: word, index } of text.matchAll(/\b[A-Za-z]{2}\b/g)) {
    const lower = word.toLowerCase();
    if (SHORT_WORDS.has(lower) || (index === 0 && SHORT_FIRST_WORDS.has(lower))) return true;
  }
  return false;
}
