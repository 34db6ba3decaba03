import { EfEnvError } from '../../base/errors.ts';
import { isRecord } from '../remote/json.ts';

/** A task: its place in a split, or the environment's own description of it. */
export type OpenRewardTask = OpenRewardPlace | Readonly<Record<string, unknown>>;

/** A place in a split. */
export interface OpenRewardPlace {
  split: string;
  index: number;
}

/**
 * What a session is created with. An object of `split` and `index` alone is a place, any other a description.
 *
 * @throws {EfEnvError} `task` for what is no object.
 */
export function taskFields(task: OpenRewardTask): Record<string, unknown> {
  if (!isRecord(task)) {
    throw new EfEnvError(
      'task',
      `openReward: a task must be an object, { split, index } or a description, got ${JSON.stringify(task)}.`,
    );
  }
  const { split, index } = task;
  const isPlace = typeof split === 'string' && Number.isInteger(index);
  return isPlace && Object.keys(task).length === 2 ? { split, index } : { task_spec: task };
}
