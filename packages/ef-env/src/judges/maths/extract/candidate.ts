import { createBudget } from '../../../numbers/budget.ts';
import { equalRationals } from '../../../numbers/rational.ts';
import type { Reader } from '../read/createReader.ts';
import { rationalValue } from '../value/rationalValue.ts';
import { type Formula, findFormulas } from './findFormulas.ts';
import { joinedAtEnd } from './joinedAtEnd.ts';
import { lastRun } from './prose/lastRun.ts';
import type { MathRun } from './prose/mathRun.ts';

/** What may be the answer, as it stands in the text. */
export interface Candidate {
  text: string;
  /** Prose may write 1,5 for 1.5. */
  decimalComma: boolean;
}

/** Where an answer may be looked for, and what reads it. */
export interface Targets {
  latex: boolean;
  plain: boolean;
  reader: Reader;
}

/** `42 (6 * 7)`: a remark that only says the number again. */
const REPEATED = /^(\S+) \((.+)\)$/;

function withoutRepetition(text: string, reader: Reader): string {
  const match = REPEATED.exec(text);
  if (match === null) return text;
  const [left, right] = [match[1]!, match[2]!].map((part) => {
    const [node] = reader.read(part, true);
    return node === undefined ? null : rationalValue(node, createBudget(2000));
  });
  return left && right && equalRationals(left, right) ? match[1]! : text;
}

/** A run of prose as a candidate, or `null` where it is no formula as a whole. */
export function runCandidate(run: MathRun | null, { reader }: Targets): Candidate | null {
  if (run === null || run.broken) return null;
  const text = withoutRepetition(run.text, reader);
  return reader.read(text, true).length > 0 ? { text, decimalComma: true } : null;
}

/** The last statement of prose in numbers. */
export const lastNumber = (text: string, targets: Targets): Candidate | null =>
  runCandidate(lastRun(text), targets);

/** Whether a formula is mathematics or words to be compared. */
export const isAnswer = ({ content }: Formula, { reader }: Targets): boolean =>
  reader.read(content, false).length > 0 || /^\s*\\text\s*\{/.test(content);

/** At most so many formulas from the end are tried. */
const MAX_FORMULAS = 40;

/** The formulas that may be answers. */
export const answerFormulas = (text: string, targets: Targets): Formula[] =>
  findFormulas(text)
    .slice(-MAX_FORMULAS)
    .filter((formula) => isAnswer(formula, targets));

/** The last formula with those before it that it continues. */
export const joinedFormulas = (text: string, formulas: readonly Formula[]): Candidate => ({
  text: joinedAtEnd(text, formulas)
    .map((f) => f.content)
    .join(', '),
  decimalComma: false,
});

const PERCENT = /^\s*\$?\s*(?:\\?%|percent|pct)/i;

/** A percent sign that stands right after a box or formula. */
export const percentAfter = (text: string): string => (PERCENT.test(text) ? '\\%' : '');
