import { mathEqual } from '../compare/mathEqual.ts';
import { hendrycksNormalize } from './hendrycksEqual.ts';

/** Words for units that this grader takes off. */
const UNITS =
  /(?:degrees?|cm|centimeters?|meters?|miles?|seconds?|minutes?|hours?|days?|weeks?|months?|years?|foot|feet|inch(?:es)?|yards?)(?:\^\d+)?(?![a-z])/g;

/**
 * The answer as PRM800K's grader compares it: `\text` opened, dollar and percent signs, units and
 * thousands separators gone, fractions and roots with braces. `null` stays `null`.
 */
export function prm800kNormalize(answer: string | null): string | null {
  if (answer === null) return null;
  let s = answer.trim().replace(/^\\text\{(.+?)\}$/, '$1');
  s = s
    .replace(/\\?%/g, '')
    .replace(/\\?\$/g, '')
    .replace(/\b(?:or|and)\b/g, ',')
    .replace(/\bmillion\b/g, '*10^6')
    .replace(/\bbillion\b/g, '*10^9')
    .replace(/\btrillion\b/g, '*10^{12}')
    .replace(UNITS, '')
    .replace(/\^\s*\\circ/g, '');
  s = hendrycksNormalize(s).replace(/(?<=\d),(?=\d{3}(?:\D|$))/g, '');
  const integer = Number(s);
  return s !== '' && Number.isInteger(integer) && /^-?[\d.]+$/.test(s)
    ? `${integer}`
    : s.toLowerCase();
}

/** The parts of a tuple or interval: `(1, 2)` and `[1, 2]` give `1` and `2`, `1,000` gives `1000`. */
export function splitTuple(text: string): string[] {
  const s = text
    .trim()
    .replace(/(?<![\d,])(\d{1,3}(?:,\d{3})+)(?![\d,])/g, (n) => n.replaceAll(',', ''));
  if (s === '') return [];
  const inner = /^[([](.*)[)\]]$/.exec(s)?.[1];
  if (inner === undefined || /[()[\]]/.test(inner)) return [s];
  return inner.split(',').map((part) => part.trim());
}

const isFraction = (s: string): boolean => /^-?\\frac\{-?\d+\}\{-?\d+\}$|^-?\d+\/\d+$/.test(s);
const isInteger = (s: string): boolean => /^-?\d+$/.test(s);

/**
 * The grader of PRM800K: equal after normalisation, else part by part; two fractions must be written
 * alike (an unreduced one is refused) and an integer accepts only an integer, all else is compared as
 * mathematics. Brackets must be the same.
 *
 * @see Lightman et al. 2023, Let's Verify Step by Step: https://arxiv.org/abs/2305.20050
 */
export function prm800kGrade(gold: string, answer: string | null): boolean {
  if (answer === null) return false;
  if (hendrycksNormalize(gold) === hendrycksNormalize(answer)) return true;
  const [g, a] = [prm800kNormalize(gold)!, prm800kNormalize(answer)!]; // neither is null
  if (g === a) return true;
  if (a === '') return false;
  const [goldParts, parts] = [splitTuple(g), splitTuple(a)];
  if (goldParts.length !== parts.length) return false;
  if (goldParts.length > 1 && (g[0] !== a[0] || g.at(-1) !== a.at(-1))) return false;
  return goldParts.every((part, i) => {
    const other = parts[i]!;
    if (isFraction(part) && isFraction(other)) return part === other;
    if (isInteger(part) !== isInteger(other)) return false;
    return part === other || mathEqual(part, other, { precision: null });
  });
}
