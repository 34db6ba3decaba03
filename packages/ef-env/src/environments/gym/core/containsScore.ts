import type { GymItem } from './gymFamily.ts';

/** Length in code points, as the reference counts. */
export const length = (text: string): number => [...text].length;

/**
 * The reference's default scorer: 1 for the exact string, oracle length over answer length when the
 * oracle stands anywhere in the answer (so `42` earns 0.5 for `2`), else 0.
 */
export function containsScore(item: GymItem<unknown>, answer: string | null): number {
  const oracle = item.answer ?? '';
  if (answer === null || answer === '') return 0;
  if (answer === oracle) return 1;
  return answer.includes(oracle) ? length(oracle) / length(answer) : 0;
}
