import { parseAnswer } from '../../text/parseAnswer.ts';
import type { CodewordsTask } from './codewordsTask.ts';
import { LEXICON } from './lexicon.ts';
import { applyOperations, OPERATIONS } from './operations.ts';

export interface CodewordsFeedback {
  right: boolean;
  /** `'Right.'`, or the first wrong step in words. */
  text: string;
}

/**
 * What the environment answers to an attempt: whether it is right and, if not, the **first** wrong
 * step. A right answer is right whatever the thought says.
 *
 *     Wrong. Step 1: zup inc, not flip. Try again.          wrong meaning
 *     Wrong. Step 1: teg rev. Try again.                    a step that cannot be read
 *     Wrong. Step 1: 6623 rev 3266, not 6636. Try again.    right meaning, wrong digits
 *     Wrong. The answer is 3266. Try again.                 right steps, wrong answer
 *
 * @param completion - The attempt, `<think>` block included, without the end-of-turn token.
 */
export function codewordsFeedback(task: CodewordsTask, completion: string): CodewordsFeedback {
  const meanings = task.words.map((word) => LEXICON[word]!); // tasks only hold domain words
  const truth = applyOperations(meanings, task.digits);
  if (parseAnswer(completion) === truth.at(-1)) return { right: true, text: 'Right.' };

  // The thought: "4876 rav left 8764 bot pairs 7846", three words a step after the digits.
  const thought = completion.split('</think>')[0]!.replaceAll('<think>', '').trim().split(/\s+/);
  let current = task.digits;
  for (const [i, word] of task.words.entries()) {
    const [saidWord, saidMeaning, saidDigits] = thought.slice(1 + 3 * i, 4 + 3 * i);
    const meaning = meanings[i]!;
    const wrong = (what: string): CodewordsFeedback => ({
      right: false,
      text: `Wrong. Step ${i + 1}: ${what}. Try again.`,
    });
    const readable = saidMeaning !== undefined && Object.hasOwn(OPERATIONS, saidMeaning);
    if (saidWord !== word || !readable || saidDigits === undefined) {
      return wrong(`${word} ${meaning}`);
    }
    if (saidMeaning !== meaning) return wrong(`${word} ${meaning}, not ${saidMeaning}`);
    if (saidDigits !== truth[i])
      return wrong(`${current} ${meaning} ${truth[i]}, not ${saidDigits}`);
    current = saidDigits;
  }
  return { right: false, text: `Wrong. The answer is ${truth.at(-1)}. Try again.` };
}
