import { isLabel } from '../read/isLabel.ts';
import {
  answerFormulas,
  type Candidate,
  joinedFormulas,
  lastNumber,
  type Targets,
} from './candidate.ts';
import { type Formula, findFormulas } from './findFormulas.ts';
import { firstSentence } from './firstSentence.ts';

const CONCLUSION = /\b(?:therefore|thus|hence|so|consequently|in conclusion)\b/gi;

/** Only so much of the end of a text is read. */
const MAX_LENGTH = 20_000;

/** The last formula; a formula that only names something (`let $N$ be ...`) is none if another one states a value. */
export function lastFormula(whole: string, targets: Targets): Candidate | null {
  if (!targets.latex) return null;
  const text = whole.slice(-MAX_LENGTH);
  const formulas = answerFormulas(text, targets);
  const last = formulas.at(-1);
  if (last === undefined) return null;
  const values = formulas.filter((formula) => !isName(formula, targets));
  return joinedFormulas(text, isName(last, targets) && values.length > 0 ? values : formulas);
}

/** The number in the first sentence of a conclusion after the last formula, `Therefore, there are 12 ...`; any number after a mere name. */
export function numberAfterFormula(whole: string, targets: Targets): Candidate | null {
  if (!targets.latex || !targets.plain) return null;
  const text = whole.slice(-MAX_LENGTH);
  const last = answerFormulas(text, targets).at(-1);
  if (last === undefined) return null;
  const rest = text.slice(last.end);
  const conclusion = /[a-z]/i.test(rest) ? [...rest.matchAll(CONCLUSION)].at(-1) : undefined;
  const concluded =
    conclusion === undefined
      ? null
      : lastNumber(firstSentence(rest.slice(conclusion.index)), targets);
  return concluded ?? (isName(last, targets) ? lastNumber(rest, targets) : null);
}

const isName = ({ content }: Formula, { reader }: Targets): boolean =>
  !content.includes('\\text') && reader.read(content, false).every(isLabel);

/** The last formula that cannot be read: only the very same text equals it. */
export function unreadFormula(text: string): Candidate | null {
  const last = findFormulas(text.slice(-MAX_LENGTH)).at(-1);
  return last === undefined ? null : { text: last.content, decimalComma: false };
}
