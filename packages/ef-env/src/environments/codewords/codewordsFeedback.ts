import { parseAnswer } from '../../text/parseAnswer.ts';
import { type CodewordsMistake, codewordsMistake } from './codewordsMistake.ts';
import type { CodewordsTask } from './codewordsTask.ts';
import type { Lexicon } from './lexicon.ts';

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
 * @param lexicon - What the words mean. Default `LEXICON`.
 */
export function codewordsFeedback(
  task: CodewordsTask,
  completion: string,
  lexicon?: Lexicon,
): CodewordsFeedback {
  // The thought: "4876 rav left 8764 bot pairs 7846", three words a step after the digits.
  const thought = completion.split('</think>')[0]!.replaceAll('<think>', '').trim().split(/\s+/);
  const steps = task.words.map((_, i) => {
    const [word, meaning, digits] = thought.slice(1 + 3 * i, 4 + 3 * i);
    return { word, meaning, digits };
  });
  const mistake = codewordsMistake(task, { steps, answer: parseAnswer(completion) }, lexicon);
  if (!mistake) return { right: true, text: 'Right.' };
  return { right: false, text: `Wrong. ${inWords(mistake)} Try again.` };
}

function inWords(mistake: CodewordsMistake): string {
  if (mistake.kind === 'answer') return `The answer is ${mistake.right}.`;
  const { step, meaning } = mistake;
  if (mistake.kind === 'digits')
    return `Step ${step}: ${mistake.before} ${meaning} ${mistake.right}, not ${mistake.said}.`;
  const instead = mistake.kind === 'meaning' ? `, not ${mistake.said}` : '';
  return `Step ${step}: ${mistake.word} ${meaning}${instead}.`;
}
