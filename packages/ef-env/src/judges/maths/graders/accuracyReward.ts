import { readOptions } from '../../../base/readOptions.ts';
import { createBudget } from '../../../numbers/budget.ts';
import { extractAnswer } from '../extract/extractAnswer.ts';
import { goldText } from '../read/goldText.ts';
import { parseMath } from '../read/parseMath.ts';
import { gradeMath } from './gradeMath.ts';

export interface AccuracyRewardOptions {
  /** Grade only what follows the last of these; a completion without one earns 0. Default: no such rule. */
  reasoningDelimiters?: readonly string[] | undefined;
  /** Nothing after the first of these strings is graded: where a base model goes on with the next question. Default none. */
  stop?: readonly string[] | undefined;
}

/**
 * TRL's accuracy reward: 1 for the right answer, 0 for a wrong one, `null` (not scored) when the
 * reference cannot be read as mathematics. With `reasoningDelimiters` it is TRL's reasoning accuracy
 * reward. It accepts more right answers than TRL's own (bare formulas, numbers in prose).
 *
 * @throws {EfEnvError} `task` for a reference that is neither a text nor a finite number,
 * `option` for an option that is not known, with the nearest one.
 *
 * @example
 * accuracyReward('63/400', '\\boxed{\\frac{63}{400}}'); // 1
 */
export function accuracyReward(
  gold: string | number,
  completion: string,
  options: AccuracyRewardOptions = {},
): 0 | 1 | null {
  const { reasoningDelimiters, stop } = readOptions('accuracyReward', options, {
    reasoningDelimiters: 'optional',
    stop: 'optional',
  });
  const text = goldText('accuracyReward', gold);
  const reference = extractAnswer(text)?.text ?? text;
  const readings = parseMath(reference, createBudget(20_000));
  const words = /\b[a-z]{3,}\s+[a-z]{3,}\b/i.test(reference.replace(/\\[a-zA-Z]+/g, ''));
  if (words || readings.length === 0) return null;
  let content = completion;
  if (reasoningDelimiters !== undefined) {
    const end = Math.max(
      ...reasoningDelimiters.map((d) =>
        completion.includes(d) ? completion.lastIndexOf(d) + d.length : -1,
      ),
    );
    if (end < 0) return 0;
    content = completion.slice(end);
  }
  return gradeMath(text, content, { stop }).correct ? 1 : 0;
}
