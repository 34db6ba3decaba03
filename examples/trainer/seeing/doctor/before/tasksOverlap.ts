import type { BeforeRun, Check } from '../check.ts';

/** What is learned by heart looks like accuracy where it is also asked. */
export const tasksOverlap: Check<Pick<BeforeRun, 'trainTasks' | 'heldOutTasks'>> = ({
  trainTasks,
  heldOutTasks,
}) => {
  const train = new Set(trainTasks);
  const both = new Set(heldOutTasks.filter((task) => train.has(task))).size;
  if (both === 0) return undefined;
  return `train and eval tasks overlap in ${both} row${both === 1 ? '' : 's'} of ${new Set(heldOutTasks).size} held-out ones: the accuracy will count what was learned by heart. Remove them from --data or --eval-data.`;
};
