import type { MathRun } from './mathRun.ts';
import { mathRuns } from './mathRuns.ts';

/** Only so much of the end of a text is read. */
const MAX_LENGTH = 2000;

const states = ({ text }: MathRun): boolean =>
  /\d|[π∞¼-¾⅐-⅞⁰¹²³⁴-⁹]|\\(?:pi|infty|frac)|\bpi\b/.test(text);

/**
 * The last statement of prose in numbers: all of it, `3 × 10^5` and not 5. What stands in brackets with words counts
 * only where nothing else does. `null` where there is none; `'broken'` where words go on with it.
 */
export function lastRun(text: string): MathRun | null {
  const runs = mathRuns(text.slice(-MAX_LENGTH)).filter((run) => run.broken || states(run));
  return runs.findLast(({ aside }) => !aside) ?? runs.at(-1) ?? null;
}
