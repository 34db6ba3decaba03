import type { CodewordsTask } from './codewordsTask.ts';
import { LEXICON, type Lexicon } from './lexicon.ts';
import { applyOperations, OPERATIONS, type Operation } from './operations.ts';

/** A step as an attempt has it; what could not be read is undefined. */
export interface SaidStep {
  word?: string | undefined;
  meaning?: string | undefined;
  digits?: string | undefined;
}

/** The first mistake of an attempt, from which all texts are made. */
export type CodewordsMistake =
  | { kind: 'unreadable'; step: number; word: string; meaning: Operation }
  | { kind: 'meaning'; step: number; word: string; meaning: Operation; said: string }
  | {
      kind: 'digits';
      step: number;
      meaning: Operation;
      before: string;
      right: string;
      said: string;
    }
  | { kind: 'answer'; right: string };

/**
 * The **first** wrong step; undefined if the answer is right: then it is right whatever the steps say.
 *
 * @param said - What the attempt says of each word of the task, in order, and its answer.
 * @param lexicon - What the words mean.
 */
export function codewordsMistake(
  task: CodewordsTask,
  said: { steps: readonly SaidStep[]; answer: string | null },
  lexicon: Lexicon = LEXICON,
): CodewordsMistake | undefined {
  const meanings = task.words.map((word) => lexicon[word]!); // tasks only hold its words
  const truth = applyOperations(meanings, task.digits);
  if (said.answer === truth.at(-1)) return undefined;
  let before = task.digits;
  for (const [i, word] of task.words.entries()) {
    const { steps } = said;
    const own = steps[i] ?? {};
    const [step, meaning, right] = [i + 1, meanings[i]!, truth[i]!];
    const readable = own.meaning !== undefined && Object.hasOwn(OPERATIONS, own.meaning);
    if (own.word !== word || !readable || own.digits === undefined)
      return { kind: 'unreadable', step, word, meaning };
    if (own.meaning !== meaning)
      return { kind: 'meaning', step, word, meaning, said: own.meaning! }; // readable
    if (own.digits !== right)
      return { kind: 'digits', step, meaning, before, right, said: own.digits };
    before = own.digits;
  }
  return { kind: 'answer', right: truth.at(-1)! }; // tasks have a word
}
