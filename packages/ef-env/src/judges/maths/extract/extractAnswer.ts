import { readOptions } from '../../../base/readOptions.ts';
import { afterThinking } from '../../../text/afterThinking.ts';
import { cutAtStop } from '../../../text/cutAtStop.ts';
import { createReader, type Reader } from '../read/createReader.ts';
import { announcedAnswer } from './announcedAnswer.ts';
import { type Candidate, lastNumber, percentAfter, type Targets } from './candidate.ts';
import { type Box, findBoxes } from './findBoxes.ts';
import { joinedAtEnd } from './joinedAtEnd.ts';
import { lastFormula, numberAfterFormula, unreadFormula } from './lastStatement.ts';
import { wholeAnswer } from './wholeAnswer.ts';

export interface ExtractAnswerOptions {
  /** `'latex'`: boxes and formulas between delimiters; `'plain'`: numbers in prose. Default both. */
  targets?: readonly ('latex' | 'plain')[] | undefined;
  /** Nothing after the first of these strings is read: where a base model goes on with the next question. Default none. */
  stop?: readonly string[] | undefined;
}

/** The names of {@link ExtractAnswerOptions}. */
export const EXTRACT_OPTIONS: Record<keyof ExtractAnswerOptions, 'optional'> = {
  targets: 'optional',
  stop: 'optional',
};

export interface ExtractedAnswer extends Candidate {
  /** Where it stood: in a box, after 'final answer', after another announcement, as last formula or number, or alone. */
  from: 'boxed' | 'final-answer' | 'anchor' | 'formula' | 'number' | 'whole';
}

const FINAL = /final\s+answer\**\s*(?:is|:|=)?\**/gi;
/** What announces an answer, in lower case, and how it goes on. */
const ANNOUNCEMENTS: [words: string, pattern: string][] = [
  ['answer', String.raw`\banswers?\**\s*(?:is|are|:|=|would be|must be|equals)`],
  ['result solution option choice', String.raw`\b(?:result|solution|option|choice)s?\**\s*(?:is|are|:|equals)`],
  ['####', '####'],
  ['reponse réponse', String.raw`r[ée]ponse\**\s*(?:est|:)`],
  ['respuesta risposta resposta', String.raw`\b(?:respuesta|risposta|resposta)\**\s*(?:es|è|é|:)`],
  ['antwort', String.raw`\bantwort\**\s*(?:ist|lautet|:)`],
  ['答案', String.raw`答案\**\s*(?:是|为|:|：)`],
  ['ответ', String.raw`ответ\**\s*:`],
]; // biome-ignore format: a table
const ANNOUNCEMENT = /* @__PURE__ */ (() =>
  new RegExp(`(?:${ANNOUNCEMENTS.map(([, pattern]) => pattern).join('|')})\\**`, 'gi'))();
const ANNOUNCING = /* @__PURE__ */ (() => ANNOUNCEMENTS.flatMap(([words]) => words.split(' ')))();
/** `Option C is correct.`, which begins with words of the table. */
const CHOSEN =
  /\b(?:[Oo]ption|[Cc]hoice|[Aa]nswer)\s+\(?([A-J])\)?\s+is\s+(?:the\s+)?(?:correct|right)\b/g;
/** What may announce an answer after a box. */
const MENTIONED = /answer/i;
const CORRECTED = /\banswer\**\s*(?:is|:|=|should be|must be|would be)\**/gi;
const RETRACTION =
  /\b(?:wait|mistake|correction|sorry|oops|scratch that|on second thought|(?:was|is|am) (?:wrong|incorrect|not (?:right|correct)))\b/i;

/** A completion as the patterns see it. */
interface Source extends Targets {
  text: string;
  boxes: Box[];
  afterBoxes: string;
  /** A word that may announce an answer stands somewhere: asked before the patterns, which take long to compile. */
  announces: boolean;
}

/** Where an answer may stand, the most telling place first. `'none'`: an answer is announced that cannot be read as a whole. */
const PATTERNS: [ExtractedAnswer['from'], (source: Source) => Candidate | 'none' | null][] = [
  [
    'final-answer',
    (s) => (MENTIONED.test(s.afterBoxes) ? announcedAnswer(s.afterBoxes, FINAL, s) : null),
  ],
  ['anchor', correctedAnswer],
  ['boxed', joinedBoxes],
  ['anchor', (s) => (s.announces ? announcedAnswer(s.text, ANNOUNCEMENT, s) : null)],
  ['anchor', (s) => (s.announces ? chosenOption(s) : null)],
  ['whole', (s) => wholeAnswer(s.text, s)],
  ['number', (s) => numberAfterFormula(s.text, s)],
  ['formula', (s) => lastFormula(s.text, s)],
  ['number', (s) => (s.plain ? lastNumber(s.text, s) : null)],
  ['formula', (s) => (s.latex ? unreadFormula(s.text) : null)],
];

/**
 * The final answer of a completion: what is in the last box, or after a later 'final answer is' (or a later 'answer is',
 * where the box was taken back: 'Wait, ...'); else after 'the answer is' and the like, else the last formula, else the
 * last number. Only what follows the last `</think>` counts. Boxes joined by commas or 'and' are one answer; a part of
 * a larger expression never is.
 *
 * @returns `null` when nothing looks like an answer.
 * @throws {EfEnvError} `option` for an option that is not known, with the nearest one.
 *
 * @example
 * extractAnswer('<think>\\boxed{3}?</think> So $x = \\boxed{4}$.'); // { text: '4', from: 'boxed', decimalComma: false }
 */
export function extractAnswer(
  completion: string,
  options: ExtractAnswerOptions = {},
): ExtractedAnswer | null {
  const given = readOptions('extractAnswer', options, EXTRACT_OPTIONS);
  return findAnswer(completion, given, createReader());
}

/** The same, with the reader that may have read the answer already. */
export function findAnswer(
  completion: string,
  options: ExtractAnswerOptions,
  reader: Reader,
): ExtractedAnswer | null {
  const { targets = ['latex', 'plain'], stop = [] } = options;
  const text = cutAtStop(afterThinking(completion), stop);
  const [latex, plain] = [targets.includes('latex'), targets.includes('plain')];
  const boxes = latex ? findBoxes(text).filter((box) => box.content.trim() !== '') : [];
  const afterBoxes = text.slice(boxes.at(-1)?.end ?? 0);
  const source: Source = { text, boxes, afterBoxes, announces: false, latex, plain, reader };
  if (boxes.length > 0 && !MENTIONED.test(afterBoxes))
    return { ...joinedBoxes(source)!, from: 'boxed' }; // there are boxes
  if (boxes.length === 0) {
    const lower = text.toLowerCase(); // an announcement before a box is not read
    source.announces = ANNOUNCING.some((word) => lower.includes(word));
  }
  for (const [from, find] of PATTERNS) {
    const found = find(source);
    if (found === 'none') return null;
    if (found !== null) return { ...found, from };
  }
  return null;
}

/** An answer announced after words that take the box back. */
function correctedAnswer(source: Source): Candidate | 'none' | null {
  const { boxes, afterBoxes } = source;
  const at = boxes.length > 0 && MENTIONED.test(afterBoxes) ? afterBoxes.search(RETRACTION) : -1;
  return at < 0 ? null : announcedAnswer(afterBoxes.slice(at), CORRECTED, source);
}

/** All boxes that belong together, separated by commas, with a percent sign or unit that follows the last. */
function joinedBoxes({ text, boxes }: Source): Candidate | null {
  if (boxes.length === 0) return null;
  const joined = joinedAtEnd(text, boxes);
  const { end } = joined.at(-1)!; // there is a last box
  return {
    text:
      joined.map((box) => box.content.trim()).join(', ') + percentAfter(text.slice(end, end + 30)),
    decimalComma: false,
  };
}

/** `Option C is correct.` */
function chosenOption({ text, plain }: Source): Candidate | null {
  const letter = plain ? [...text.matchAll(CHOSEN)].at(-1)?.[1] : undefined;
  return letter === undefined ? null : { text: letter, decimalComma: false };
}
