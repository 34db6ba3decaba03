import { type OptionNames, readOptions } from '../../../base/readOptions.ts';
import { equalAnswers, type MathEqualOptions } from '../compare/mathEqual.ts';
import {
  EXTRACT_OPTIONS,
  type ExtractAnswerOptions,
  type ExtractedAnswer,
  findAnswer,
} from '../extract/extractAnswer.ts';
import { createReader, type Reader } from '../read/createReader.ts';
import { goldText } from '../read/goldText.ts';

export interface GradeMathOptions
  extends Omit<MathEqualOptions, 'decimalComma'>,
    ExtractAnswerOptions {}

export interface MathGrade {
  correct: boolean;
  /** What was read as the answer; `null` = nothing was found. */
  answer: string | null;
  /** Where the answer stood. */
  from: ExtractedAnswer['from'] | null;
}

/**
 * Grades a completion against a reference answer.
 *
 * @param gold - the reference: bare LaTeX or plain text, or a whole solution with its answer in a box or
 * between dollar signs. A number stands for its digits.
 * @param completion - what the model wrote; only what follows the last `</think>` counts.
 * @throws {EfEnvError} `task` for a reference that is neither a text nor a finite number,
 * `option` for an option that is not known, with the nearest one.
 *
 * @example
 * gradeMath('\\frac{1}{2}', '<think>...</think> The answer is $\\boxed{0.5}$.');
 * // { correct: true, answer: '0.5', from: 'boxed' }
 */
export function gradeMath(
  gold: string | number,
  completion: string,
  options: GradeMathOptions = {},
): MathGrade {
  const text = goldText('gradeMath', gold);
  const { targets, stop, ...equalOptions } = readOptions('gradeMath', options, GRADE_OPTIONS);
  const reader = createReader();
  const found = findAnswer(completion, { targets, stop }, reader);
  if (found === null) return { correct: false, answer: null, from: null };
  const reference = goldAnswer(text, { targets }, reader);
  const decimalComma = found.decimalComma || reference.decimalComma;
  const correct = equalAnswers(reference.text, found.text, {
    ...equalOptions,
    decimalComma,
    reader,
  });
  return { correct, answer: found.text, from: found.from };
}

const GRADE_OPTIONS = {
  ...EXTRACT_OPTIONS,
  precision: 'null',
  allowSetRelation: 'optional',
  strict: 'optional',
  steps: 'optional',
} as const satisfies OptionNames<GradeMathOptions>;

/** A reference with a box, a dollar sign or an announcement is a solution; any other text is the answer itself. */
function goldAnswer(
  gold: string,
  options: ExtractAnswerOptions,
  reader: Reader,
): { text: string; decimalComma: boolean } {
  const written = /boxed|(?<!\\)\$|\\\(|\\\[|final answer|answer is/i.test(gold)
    ? findAnswer(gold, options, reader)
    : null;
  return (
    written ?? { text: gold, decimalComma: /^\s*-?(?:\d+,\d{1,2}|\d+,\d{4,}|0,\d+)\s*$/.test(gold) }
  );
}
