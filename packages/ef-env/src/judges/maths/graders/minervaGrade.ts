import { readOptions } from '../../../base/readOptions.ts';
import { lastBoxed } from '../extract/findBoxes.ts';

/** Rewrites and removals of the Minerva paper's appendix on answer normalisation, in its order. */
const REWRITES: [string, string][] = [
  ['an ', ''], ['a ', ''], ['.$', '$'], ['\\$', ''], ['\\ ', ''], [' ', ''], ['mbox', 'text'],
  [',\\text{and}', ','], ['\\text{and}', ','], ['\\text{m}', '\\text{}'],
]; // biome-ignore format: a table
const REMOVED = [
  'square', 'ways', 'integers', 'dollars', 'mph', 'inches', 'hours', 'km', 'units', '\\ldots', 'sue', 'points',
  'feet', 'minutes', 'digits', 'cents', 'degrees', 'cm', 'gm', 'pounds', 'meters', 'meals', 'edges', 'students',
  'childrentickets', 'multiples', '\\text{s}', '\\text{.}', '\\text{\ns}', '\\text{}^2', '\\text{}^3',
  '\\text{\n}', '\\text{}', '\\mathrm{th}', '^\\circ', '^{\\circ}', '\\;', ',\\!', '{,}', '"', '\\dots',
]; // biome-ignore format: a table

/** Longer answers are compared as they stand: some of the patterns take time that grows with the square. */
const MAX_LENGTH = 1000;

/**
 * An answer as Minerva and DAPO compare it: the right side of the last `=`, without units, articles and
 * LaTeX wrappers.
 *
 * @see Lewkowycz et al. 2022, Minerva, appendix D: https://arxiv.org/abs/2206.14858
 */
export function minervaNormalize(answer: string): string {
  if (answer.length > MAX_LENGTH) return answer.trim();
  let s = answer.split('=').at(-1)!; // split gives at least one part
  for (const [from, to] of REWRITES) s = s.replaceAll(from, to);
  for (const expression of REMOVED) s = s.replaceAll(expression, '');
  s = s
    .replace(/(.*?)(\$)(.*?)(\$)(.*)/, '$$$3$$')
    .replace(/(\\text\{)(.*?)(\})/g, '$2')
    .replace(/(\\textbf\{)(.*?)(\})/g, '$2')
    .replace(/(\\overline\{)(.*?)(\})/g, '$2')
    .replace(/(\\boxed\{)(.*)(\})/g, '$2')
    .replace(/(frac)([^{])(.)/g, 'frac{$2}{$3}')
    .replace(/(sqrt)([^{])/g, 'sqrt{$2}')
    .replaceAll('$', '');
  const digits = s.replaceAll(',', '');
  return /^\d+$/.test(digits) ? digits : s.trim();
}

export interface MinervaGradeOptions {
  /** `'answer'`: what follows the last `Answer:` on its line; `'boxed'`: the last box. Default `'answer'`. */
  extract?: 'answer' | 'boxed' | undefined;
}

/**
 * DAPO's rule: the answer in the last 300 characters, after `Answer:` or in a box, equal to the reference
 * after {@link minervaNormalize}.
 *
 * @throws {EfEnvError} `option` for an option that is not known, with the nearest one.
 *
 * @see Yu et al. 2025, DAPO: https://arxiv.org/abs/2503.14476
 */
export function minervaGrade(
  gold: string,
  completion: string,
  options: MinervaGradeOptions = {},
): boolean {
  const { extract = 'answer' } = readOptions('minervaGrade', options, { extract: 'optional' });
  const tail = completion.slice(-300);
  if (extract === 'boxed') return lastBoxed(tail) === gold;
  const found = [...tail.matchAll(/Answer\s*:\s*([^\n]+)/gi)].at(-1)?.[1];
  return found !== undefined && minervaNormalize(found) === minervaNormalize(gold);
}
