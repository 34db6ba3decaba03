import { checkChoice } from '../../base/checkChoice.ts';
import { EfEnvError } from '../../base/errors.ts';
import { readOptions } from '../../base/readOptions.ts';
import { defineEnvironment } from '../../episode/defineEnvironment.ts';
import type { Environment } from '../../episode/environment.ts';
import { codewordsFeedback } from './codewordsFeedback.ts';
import type { CodewordsTask } from './codewordsTask.ts';
import { LEXICON, type Lexicon } from './lexicon.ts';
import { OPERATIONS } from './operations.ts';

export interface CodewordsOptions {
  /** `'step'` names the first wrong step and lets the policy try again; `'none'` ends after one attempt. Default `'step'`. */
  feedback?: 'step' | 'none' | undefined;
  /** What the words mean. Default `LEXICON`, 16 words; `LARGE_LEXICON` has 32. */
  lexicon?: Lexicon | undefined;
}

/**
 * Apply a chain of invented words to four digits. Nobody says what the words mean; the environment's
 * answers do. Reward 1 for a right attempt, else 0.
 */
export function codewords(options: CodewordsOptions = {}): Environment<CodewordsTask> {
  const given = readOptions('codewords', options, {
    feedback: 'optional',
    lexicon: 'optional',
  });
  const { feedback = 'step', lexicon = LEXICON } = given;
  checkChoice('codewords: feedback', feedback, ['step', 'none']);
  checkLexicon('codewords', lexicon);
  return defineEnvironment<CodewordsTask, CodewordsTask>({
    name: 'codewords',
    reset: (task) => {
      checkTask('codewords', task, lexicon);
      return { observation: `${task.digits} ${task.words.join(' ')}`, state: task };
    },
    step: (task, action) => {
      const { right, text } = codewordsFeedback(task, action, lexicon);
      const reward = right ? 1 : 0;
      return feedback === 'none' ? { reward, done: true } : { feedback: text, reward, done: right };
    },
  });
}

/** @throws {EfEnvError} `option` unless every word means an operation. */
export function checkLexicon(where: string, lexicon: Lexicon): void {
  for (const [word, operation] of Object.entries(lexicon)) {
    if (Object.hasOwn(OPERATIONS, operation)) continue;
    throw new EfEnvError(
      'option',
      `${where}: lexicon: '${word}' means '${operation}', which is no operation. Known: ${Object.keys(OPERATIONS).join(', ')}.`,
    );
  }
}

/** @throws {EfEnvError} `task` for anything but four digits and words of the lexicon. */
export function checkTask(where: string, task: CodewordsTask, lexicon: Lexicon): void {
  const unknown = task.words.find((word) => !Object.hasOwn(lexicon, word));
  if (!/^\d{4}$/.test(task.digits) || task.words.length === 0 || unknown !== undefined) {
    throw new EfEnvError(
      'task',
      `${where}: a task is four digits and at least one domain word, got ${JSON.stringify(task)}. ${
        unknown === undefined
          ? 'Make tasks with codewordsTask.'
          : `'${unknown}' is not in the lexicon.`
      }`,
    );
  }
}
