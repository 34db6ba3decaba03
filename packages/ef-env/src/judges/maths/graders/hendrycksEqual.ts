/** Balanced-brace arguments are added to `\frac12`, `\frac1{2}` and `\sqrt3`; anything stranger stays. */
const bracedFractions = (s: string): string =>
  s.replace(/\\frac(?!\{)(.)(\{[^{}]*\}|[^{])/g, (_, a: string, b: string) =>
    b.startsWith('{') ? `\\frac{${a}}${b}` : `\\frac{${a}}{${b}}`,
  );
const bracedRoots = (s: string): string => s.replace(/\\sqrt(?!\{)(.)/g, '\\sqrt{$1}');

/** `a/b` of two integers and nothing else becomes a `\frac`. */
const slashFraction = (s: string): string => s.replace(/^(-?\d+)\/(-?\d+)$/, '\\frac{$1}{$2}');

/** What the MATH benchmark's own grader compares: the string after these rewrites, in this order. */
export function hendrycksNormalize(answer: string): string {
  let s = answer
    .replaceAll('\n', '')
    .replaceAll('\\!', '')
    .replaceAll('\\\\', '\\')
    .replace(/\\[td]frac/g, '\\frac')
    .replace(/\\left|\\right/g, '')
    .replace(/\^\{\\circ\}|\^\\circ/g, '')
    .replaceAll('\\$', '')
    .replace(/\\text\{ .*$/s, '') // a unit to the right
    .replaceAll('\\%', '')
    .replace(/ \./g, ' 0.')
    .replace(/\{\./g, '{0.');
  if (s.startsWith('.')) s = `0${s}`;
  const sides = s.split('=');
  if (sides.length === 2 && sides[0]!.length <= 2) s = sides[1]!;
  s = bracedFractions(bracedRoots(s).replaceAll(' ', ''));
  return s === '0.5' ? '\\frac{1}{2}' : slashFraction(s);
}

/**
 * The grader of the MATH benchmark: equality of strings after a fixed list of rewrites. `1/2` equals
 * `\frac12` and `0.5`; `2/4` does not.
 *
 * @see Hendrycks et al. 2021, Measuring Mathematical Problem Solving: https://arxiv.org/abs/2103.03874
 */
export const hendrycksEqual = (gold: string, answer: string): boolean =>
  gold === answer || hendrycksNormalize(gold) === hendrycksNormalize(answer);
