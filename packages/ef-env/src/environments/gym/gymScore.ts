import { EfEnvError } from '../../base/errors.ts';
import { readOptions } from '../../base/readOptions.ts';
import type { GymReferenceContext } from './core/gymFamily.ts';
import { GYM_FAMILIES } from './gymFamilies.ts';
import type { GymTask } from './gymTask.ts';

export interface GymScoreOptions extends GymReferenceContext {
  /**
   * `'strict'`: 1 for a right answer, blanks around it forgiven; less only for a solution that works but is
   * longer than needed. `'reasoning-gym'`: the score of reasoning-gym 0.1.25 with its faults. Default `'strict'`.
   */
  scoring?: 'strict' | 'reasoning-gym' | undefined;
}

export interface GymScore {
  /** In [0, 1]; `null` where the reference throws (only with `'reasoning-gym'`). */
  score: number | null;
  /** The first mistake, without the answer; `null` = none. */
  mistake: string | null;
}

/**
 * Scores an answer to a task of the 30 families.
 *
 * @param answer - the bare answer; `null` = none was given.
 * @throws {EfEnvError} `task` for a task of no known family.
 *
 * @example
 * const task = gymTask('gcd', { seed: 1 });
 * gymScore(task, task.answer); // { score: 1, mistake: null }
 */
export function gymScore(
  task: Omit<GymTask, 'level'>,
  answer: string | null,
  options: GymScoreOptions = {},
): GymScore {
  const { scoring = 'strict', ...context } = readOptions('gymScore', options, {
    scoring: 'optional',
    minValue: 'optional',
    maxValue: 'optional',
    isWord: 'optional',
  });
  if (!Object.hasOwn(GYM_FAMILIES, task.family)) {
    throw new EfEnvError(
      'task',
      `gymScore: unknown family '${task.family}'. Make tasks with gymTask or gymSampler; GYM_FAMILIES has the names.`,
    );
  }
  const family = GYM_FAMILIES[task.family];
  const { score, mistake } =
    answer === null || answer.trim() === ''
      ? { score: 0, mistake: 'There is no answer.' }
      : family.judge(task, answer.trim(), context);
  if (scoring === 'strict') return { score, mistake };
  return { score: family.referenceScore(task, answer, context), mistake };
}
