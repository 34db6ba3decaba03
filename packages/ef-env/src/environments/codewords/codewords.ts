import { checkChoice } from '../../base/checkChoice.ts';
import { EfEnvError } from '../../base/errors.ts';
import { readOptions } from '../../base/readOptions.ts';
import { defineEnvironment } from '../../episode/defineEnvironment.ts';
import type { Environment } from '../../episode/environment.ts';
import { codewordsFeedback } from './codewordsFeedback.ts';
import type { CodewordsTask } from './codewordsTask.ts';
import { LEXICON } from './lexicon.ts';

export interface CodewordsOptions {
  /** `'step'` names the first wrong step and lets the policy try again; `'none'` ends after one attempt. Default `'step'`. */
  feedback?: 'step' | 'none' | undefined;
}

/**
 * Apply a chain of invented words to four digits. Nobody says what the words mean; the environment's
 * answers do. Reward 1 for a right attempt, else 0.
 */
export function codewords(options: CodewordsOptions = {}): Environment<CodewordsTask> {
  const given = readOptions('codewords', options, {
    feedback: 'optional',
  });
  const { feedback = 'step' } = given;
  checkChoice('codewords: feedback', feedback, ['step', 'none']);
  return defineEnvironment<CodewordsTask, CodewordsTask>({
    name: 'codewords',
    reset: (task) => {
      checkTask('codewords', task);
      return { observation: `${task.digits} ${task.words.join(' ')}`, state: task };
    },
    step: (task, action) => {
      const { right, text } = codewordsFeedback(task, action);
      const reward = right ? 1 : 0;
      return feedback === 'none' ? { reward, done: true } : { feedback: text, reward, done: right };
    },
  });
}

/** @throws {EfEnvError} `task` for anything but four digits and domain words. */
export function checkTask(where: string, task: CodewordsTask): void {
  const unknown = task.words.find((word) => !Object.hasOwn(LEXICON, word));
  if (!/^\d{4}$/.test(task.digits) || task.words.length === 0 || unknown !== undefined) {
    throw new EfEnvError(
      'task',
      `${where}: a task is four digits and at least one domain word, got ${JSON.stringify(task)}. ${
        unknown === undefined ? 'Make tasks with codewordsTask.' : `'${unknown}' is not in LEXICON.`
      }`,
    );
  }
}
