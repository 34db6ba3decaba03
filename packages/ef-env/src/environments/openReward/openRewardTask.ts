/** A task: its place in a split, or the environment's own description of it. */
export type OpenRewardTask = OpenRewardPlace | Readonly<Record<string, unknown>>;

/** A place in a split. */
export interface OpenRewardPlace {
  split: string;
  index: number;
}

/** What a session is created with. An object of `split` and `index` alone is a place, any other a description. */
export function taskFields(task: OpenRewardTask): Record<string, unknown> {
  const { split, index } = task;
  const isPlace = typeof split === 'string' && Number.isInteger(index);
  return isPlace && Object.keys(task).length === 2 ? { split, index } : { task_spec: task };
}
