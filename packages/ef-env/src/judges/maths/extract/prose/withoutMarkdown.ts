/** Words before a number that make it the name of a place in the text: `see step 3`. */
const REFERENCES =
  /\b(steps?|equations?|eqs?\.?|figures?|fig\.|problems?|questions?|exercises?|examples?|sections?|chapters?|theorems?|lemmas?|parts?|cases?)\s*(?:\(\d+\)|#?\d+(?:\.\d+)*)(?![\d/:%^]|\s*[-+*/=×·])/gi;

/** What stands before the number of a reference: asked first, because the pattern takes long to compile. */
const NUMBERED = /[a-z.]\s*[(#]?\d/i;

/** A bullet opens the text: asked first, because the pattern's class of all letters takes a millisecond to compile. */
const BULLET = /^[ \t]*[-+*\u2022\u2013][ \t]/;

/** Removals and rewrites in order; those with a marker only where the text holds it. */
const REWRITES: [marker: string | RegExp, pattern: RegExp, replacement: string][] = [
  ['<<', /<<[^<>\n]*>>/g, ''], // calculator notes of GSM8K
  ['<', /<\/?[a-zA-Z][a-zA-Z_-]*>/g, '\n'],
  ['', /[\u2212\u2010\u2011\ufe63\uff0d]/g, '-'],
  ['--', /\s--+\s/g, ' \u2014 '],
  ['', /(?<=\d)[\u00a0\u202f\u2009\u2007'\u2019\u02bc](?=\d{3}(?!\d))/g, ' '],
  ['\\', /(?<=\d)(?:,\s*\\!\s*|\{,\})(?=\d)/g, ','],
  ['{,}', /\{,\}/g, ','],
  ['\\', /\\[,;: ](?=\d{3}(?!\d))/g, ' '],
  ['#', /^[ \t]*#{1,6}[ \t]+(?=(?:step|part|case|problem|question|example)\b)[^\n]*$/gim, ''],
  ['#', /^[ \t]*#{1,6}[ \t]+/gm, ''],
  ['>', /^[ \t]*(?:>[ \t]*)+/gm, ''],
  ['--', /^[ \t]*\|?[ \t]*:?-{2,}:?[ \t]*(?:\|[ \t]*:?-{2,}:?[ \t]*)*\|?[ \t]*$/gm, ''],
  ['|', /^[ \t]*\|[ \t]|[ \t]\|[ \t]*$|(?<=[ \t])\|(?=[ \t])/gm, '\n'],
  ['\n', /(?<=\n)[ \t]*[-+*\u2022\u2013][ \t]+/g, ''],
  [BULLET, /^[ \t]*[-+*\u2022\u2013][ \t]+(?=[*_`\p{L}-])/gu, ''],
  [BULLET, /^[ \t]*[*\u2022][ \t]+(?=\d)/g, ''],
  ['~~', /~~[^~\n]*~~/g, ' '],
  ['==', /==(?=\S)([^=\n]+)==/g, '$1'],
  ['`', /`+/g, ' '],
  ['**', /(?<![\w)}\]])\*{2,3}|\*{2,3}(?![\w({\\-])/g, ''],
  ['**', /(?<=\p{L}{2})\*\*/gu, ''],
  ['*', /(?<![\w)}\]*])\*(?=[^\s*])([^*\n]*\S)\*(?![\w(*])/g, '$1'],
  ['_', /(?<![\w\\])_{1,3}(?=\S)([^_\n]+)_{1,3}(?!\w)/g, '$1'],
  ['$', /\\?\$/g, ''],
  ['', /[\u20a0-\u20bf\u00a3\u00a5\u20ac]/g, ''],
  ['#', /\\?#(?=\d)/g, ''],
  [NUMBERED, REFERENCES, '$1 '],
  ['"', /["\u201c\u201d]/g, ' '],
]; // biome-ignore format: a table

/** Letters, digits and signs that no rewrite but the last but one looks for; no numbered line. */
const UNMARKED = /^(?![ \t]*1[.)][ \t])(?:[A-Za-z0-9 ,.;:?!()+/%^]|=(?!=))*$/;

/** `1.` or `2)` at the beginning of lines, where they count up from 1. */
function withoutNumbering(text: string): string {
  let next = 1;
  return text.replace(/^[ \t]*(\d{1,2})[.)][ \t]+(?=\S)/gm, (marker, digits: string) => {
    if (Number(digits) !== next) return marker;
    next += 1;
    return '';
  });
}

/**
 * Prose without Markdown, list markers, tags, currency signs, calculator notes and references to steps: what is left
 * of its numbers means something. Minus signs of all kinds become hyphens, thousands have blanks between them.
 */
export function withoutMarkdown(text: string): string {
  if (UNMARKED.test(text)) return NUMBERED.test(text) ? text.replace(REFERENCES, '$1 ') : text;
  let s = text;
  for (const [marker, pattern, replacement] of REWRITES)
    if (typeof marker === 'string' ? s.includes(marker) : marker.test(s))
      s = s.replace(pattern, replacement);
  return /^[ \t]*1[.)][ \t]/m.test(s) ? withoutNumbering(s) : s;
}
