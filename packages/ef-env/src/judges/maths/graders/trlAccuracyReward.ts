import { readOptions } from '../../../base/readOptions.ts';
import { createBudget } from '../../../numbers/budget.ts';
import { mathEqual } from '../compare/mathEqual.ts';
import { findBoxes } from '../extract/findBoxes.ts';
import { findFormulas } from '../extract/findFormulas.ts';
import { joinedAtEnd } from '../extract/joinedAtEnd.ts';
import { parseMath } from '../read/parseMath.ts';

export interface TrlAccuracyRewardOptions {
  /**
   * TRL's reasoning accuracy reward: only what follows the last of these is graded, and a completion without
   * one earns 0. Default: TRL's accuracy reward, which reads the thought too.
   */
  reasoningDelimiters?: readonly string[] | undefined;
}

/** An announced formula: `final answer is $x$`, `answer: $x$`. */
const ANNOUNCED = /answer\**(?:\s+is)?\s*[:=]?\**\s*$/i;
/** A reference without delimiters: a fraction, or a number that begins the text or follows a blank or an equals sign. */
const BARE =
  /(?:^|[\s=])(-?\s?(?:\\frac\{[^{}]+\}\{[^{}]+\}|(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:\s*\/\s*\d+)?|\.\d+)(?:\s*\\?%)?)/g;

/**
 * The accuracy reward by the rules of TRL 1.16 (math-verify 0.9 behind it): a completion counts only by its boxes or
 * an announced formula, a reference without delimiters only by its number. `accuracyReward` is the one to train with;
 * this one comes close to TRL's numbers. Two answers are compared by {@link mathEqual}, so it differs from TRL
 *
 * - in several boxes of one text: TRL joins them across a few words (`\\boxed{3} then \\boxed{7}` is {3, 7} there),
 *   here the last counts, with those before it only where a comma, 'and' or 'or' joins them;
 * - where math-verify reads something else: `1\\,234` (235 there), `12\\,000` (0), `0.\\overline{3}` (0), `3\\text{ cm}`
 *   (equal to `3\\text{ m}`), 0.0000001 (equal to 0.0000002), `\\log 100` (only 2 there, here `\\ln 100` too);
 * - where it reads nothing or not this: `i^2` (-1 here), `1e3`, `0.333...`, `\\lg 100`, a column vector for a tuple.
 *
 * @returns 1, 0, or `null` where the reference holds nothing that TRL can read.
 *
 * @example
 * trlAccuracyReward('7', '$7$'); // 0: not in a box
 * trlAccuracyReward('(1,2)', '\\boxed{(1,2)}'); // null: write $(1,2)$
 *
 * @throws {EfEnvError} `option` for an option that is not known, with the nearest one.
 *
 * @see https://huggingface.co/docs/trl/rewards
 */
export function trlAccuracyReward(
  gold: string,
  completion: string,
  options: TrlAccuracyRewardOptions = {},
): 0 | 1 | null {
  const { reasoningDelimiters } = readOptions('trlAccuracyReward', options, {
    reasoningDelimiters: 'optional',
  });
  let content = completion;
  if (reasoningDelimiters !== undefined) {
    const ends = reasoningDelimiters.map((d) =>
      completion.includes(d) ? completion.lastIndexOf(d) + d.length : -1,
    );
    const end = Math.max(...ends);
    if (end < 0) return 0;
    content = completion.slice(end);
  }
  const reference = latexAnswer(gold, () => true) ?? [...gold.matchAll(BARE)].at(-1)?.[1] ?? null;
  if (reference === null || parseMath(reference, createBudget(20_000)).length === 0) return null;
  const answer = latexAnswer(content, (before) => ANNOUNCED.test(before));
  return answer !== null && mathEqual(reference, answer) ? 1 : 0;
}

/** The closed boxes at the end, else the last formula whose text before it is accepted. */
function latexAnswer(text: string, accepts: (before: string) => boolean): string | null {
  const boxes = findBoxes(text).filter(
    (box) =>
      box.content.trim() !== '' &&
      text[box.end - 1] === '}' &&
      text.startsWith('\\boxed', box.start),
  );
  if (boxes.length > 0)
    return joinedAtEnd(text, boxes)
      .map((box) => box.content)
      .join(', ');
  const formulas = findFormulas(text).filter(({ start }) =>
    accepts(text.slice(Math.max(0, start - 40), start)),
  );
  return formulas.at(-1)?.content ?? null;
}
