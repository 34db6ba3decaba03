import { wordSet } from '../../../text/wordSet.ts';
import { knownUnit } from '../read/units.ts';
import {
  answerFormulas,
  type Candidate,
  isAnswer,
  joinedFormulas,
  lastNumber,
  percentAfter,
  runCandidate,
  type Targets,
} from './candidate.ts';
import { type Formula, findFormulas } from './findFormulas.ts';
import { firstSentence } from './firstSentence.ts';
import { joinedAtEnd } from './joinedAtEnd.ts';
import { mathRuns } from './prose/mathRuns.ts';

const MAX_ANNOUNCEMENTS = 6;
/** An answer in prose is not longer. */
const MAX_ANSWER = 400;

/**
 * What the last announcement announces, or an earlier one where nothing follows it; `'none'` where it announces
 * something that is no answer as a whole (`the answer is 5 × width`).
 */
export function announcedAnswer(
  text: string,
  pattern: RegExp,
  targets: Targets,
): Candidate | 'none' | null {
  const matches = [...text.matchAll(pattern)].slice(-MAX_ANNOUNCEMENTS).reverse();
  for (const match of matches) {
    const found = announced(text.slice(match.index + match[0].length), targets);
    if (found !== null) return found;
  }
  return null;
}

/** `(B) 42`, `B) 42`, `B. 42`: the letter of a choice before its value. */
const CHOICE = /^[\s:*_]*\(?([A-J])\)?[).:]+\**\s+(?=[-\d$\\(√π\u2212])/;

function announced(rest: string, targets: Targets): Candidate | 'none' | null {
  const choice = targets.plain ? CHOICE.exec(rest) : null;
  if (choice !== null) {
    const value = announced(rest.slice(choice[0].length), targets);
    if (value !== null && value !== 'none')
      return { ...value, text: `(${choice[1]}) ${value.text}` };
  }
  const sentence = firstSentence(rest)
    .replace(/(?<!\w)\*{2,3}|\*{2,3}(?!\w)|(?<=\S)\*(?=\s|[.,;:!?)]|$)/g, '')
    .trim();
  if (sentence === '') return null;
  for (const tail of tailsOf(sentence)) {
    const found = leadingAnswer(tail, targets);
    if (found !== null) return found;
  }
  const formulas = targets.latex ? answerFormulas(sentence, targets) : [];
  if (formulas.length > 0) return joinedFormulas(sentence, formulas);
  return (targets.plain && (lastNumber(sentence, targets) ?? announcedWord(sentence))) || null;
}

/** The sentence, then what follows its verbs, the last one first. */
const tailsOf = (sentence: string): string[] => [
  sentence,
  ...sentence
    .split(/\s(?:is|are|equals|est|to be)\s/)
    .slice(1)
    .reverse(),
];

/** A number and nothing else: most announcements. */
const NUMBER = /^-?\d+(?:\.\d+)?%?$/;

function leadingAnswer(tail: string, targets: Targets): Candidate | 'none' | null {
  if (targets.plain && NUMBER.test(tail)) return { text: tail, decimalComma: true };
  const formulas = targets.latex ? findFormulas(tail) : [];
  if (
    formulas[0]?.start === 0 ||
    /^[a-zA-Z\s]*[\\$]/.test(tail.slice(0, formulas[0]?.start ?? 0))
  ) {
    const leading = leadingFormulas(tail, formulas, targets);
    if (leading !== null) return leading;
  }
  if (!targets.plain) return null;
  const bare = leadingLatex(tail, targets);
  if (bare !== null) return bare;
  const runs = mathRuns(tail.slice(0, MAX_ANSWER));
  const [first] = runs;
  if (first === undefined || !first.leading) return null;
  const found = runCandidate(first, targets);
  if (found !== null || !first.broken) return found;
  const result = runs.findLast((run) => run.text.startsWith('='));
  return runCandidate(result ?? null, targets) ?? 'none';
}

/** LaTeX without delimiters at the beginning of a sentence, up to the first word of prose. */
function leadingLatex(tail: string, { reader }: Targets): Candidate | null {
  if (!/^[^a-zA-Z]{0,60}\\|^[a-zA-Z]\s*\\/.test(tail)) return null;
  const words = tail.slice(0, MAX_ANSWER).split(/(?<=\s)/);
  const end = words.findIndex((word) => isProse(word.trim().replace(/[.,;:!?)]+$/, '')));
  const text = (end < 0 ? words : words.slice(0, end))
    .join('')
    .trim()
    .replace(/[.,;:]+$/, '');
  return text !== '' && reader.read(text, true).length > 0 ? { text, decimalComma: true } : null;
}

const NO_PROSE = /* @__PURE__ */ wordSet('and or pi sqrt percent degree degrees');
const isProse = (word: string): boolean =>
  /^\(?[A-Za-z]{2,}$/.test(word) && !knownUnit(word) && !NO_PROSE.has(word.toLowerCase());

/** `$12$ and $13$` at the beginning of a sentence, with a percent sign after it. */
function leadingFormulas(
  tail: string,
  formulas: readonly Formula[],
  targets: Targets,
): Candidate | null {
  const first = formulas[0];
  if (first === undefined || !isAnswer(first, targets)) return null;
  let count = 1;
  while (
    count < formulas.length &&
    joinedAtEnd(tail, formulas.slice(count - 1, count + 1)).length === 2
  )
    count += 1;
  const contents = formulas.slice(0, count).map((f) => f.content);
  const percent = percentAfter(tail.slice(formulas[count - 1]!.end));
  return { text: contents.join(', ') + percent, decimalComma: false };
}

const WORD =
  /^(?:for sure |definitely |option |choice )?(\(?[A-Za-z]+\)?)$|^(?:for sure )?(\(?[A-Z]\)?)(?=[\s,.;]|$)(?!\s*(?:,|\/|or|and)\s*\(?[A-Z]\)?(?:[\s,.;)]|$))/;

/** One word, or the letter of a choice. */
function announcedWord(sentence: string): Candidate | null {
  const word = WORD.exec(sentence);
  return word === null ? null : { text: (word[1] ?? word[2])!, decimalComma: false }; // one of the two matched
}
