import type { Random } from '@molrl/ef-env';
import type { Sequence } from './learner.ts';
import { textWindow } from './textWindow.ts';

/** Tokens of a window. */
const WINDOW = 96;

/** Draws windows of a text whose next-token distribution should stay the base's. */
export function generalWindows(
  text: readonly number[],
): (random: Random, count: number) => Sequence[] {
  return (random, count) => Array.from({ length: count }, () => textWindow(random, text, WINDOW));
}
