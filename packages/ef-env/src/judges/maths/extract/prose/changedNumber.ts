import { wordSet } from '../../../../text/wordSet.ts';
import type { ProseToken } from './proseToken.ts';

/** Words that make another number of the one after them, alone or behind another word. */
const CHANGES = /* @__PURE__ */ wordSet('twice half double triple negative');
const CHANGES_BEHIND: Record<string, ReadonlySet<string>> = {
  by: /* @__PURE__ */ wordSet('divided multiplied divisible'),
  of: /* @__PURE__ */ wordSet(
    'out root square cube factorial reciprocal inverse logarithm multiple multiples divisor divisors half twice',
  ),
};

/** Whether the words before a number make another one of it: `twice 5`, `out of 20`. */
export function isOperand(tokens: readonly ProseToken[], start: number): boolean {
  const [first, word] = [tokens[start - 2], tokens[start - 1]];
  if (word?.kind !== 'word') return false;
  const last = word.text.toLowerCase();
  if (CHANGES.has(last)) return true;
  return (
    Object.hasOwn(CHANGES_BEHIND, last) &&
    CHANGES_BEHIND[last]!.has(first?.text.toLowerCase() ?? '')
  );
}

/** Words that make another answer of the number before them, by the first of them. */
const CHANGED: Record<string, readonly string[]> = {
  with: ['a remainder', 'remainder'],
  a: ['remainder'],
  remainder: [''],
  or: ['more', 'less', 'fewer'],
  more: ['than'],
  less: ['than'],
  fewer: ['than'],
  greater: ['than'],
  higher: ['than'],
  lower: ['than'],
  times: ['as'],
  out: ['of'],
  percent: ['of'],
  '%': ['of'],
  below: ['zero'],
};

/** Whether the words after a run make another answer of it: `5 times as many`, `3 or more`. */
export function isChanged(tokens: readonly ProseToken[], end: number): boolean {
  const first = tokens[end]?.text.toLowerCase() ?? '';
  if (!Object.hasOwn(CHANGED, first)) return false; // most often a sentence ends here
  const words = tokens.slice(end + 1, end + 3).map(({ text }) => text);
  const rest = words.join(' ').toLowerCase();
  return CHANGED[first]!.some((phrase) => rest.startsWith(phrase));
}
