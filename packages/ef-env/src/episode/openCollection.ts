import type { Rubric } from '../rewards/rubric.ts';
import { scoreGroup } from '../rewards/scoreGroup.ts';
import type { Trajectory } from '../trajectory/trajectory.ts';
import type { CollectOptions } from './collectOptions.ts';
import type { Dialogue } from './defineDialogue.ts';
import { type LiveEpisode, newEpisode, recordingErrors, trajectoriesOf } from './liveEpisode.ts';
import { type StepLimits, stepWithin } from './stepWithin.ts';

/** The books of a collection: what is to be played and what has ended. */
export interface Collection<Task, Role extends string> {
  /** Per role, task-major; holes where the episode has not ended. */
  results: Record<Role, Trajectory[]>;
  /** The episodes to play: all but those that were completed earlier. */
  pending: LiveEpisode<Task, Role>[];
  /** Enters ended episodes, scores groups that have become whole, and tells the caller. */
  enterEnded(ended: readonly LiveEpisode<Task, Role>[], limits: StepLimits): Promise<void>;
}

/** @param rubric - Scores groups of the first role's trajectories; they are held back until the group is whole. */
export function openCollection<Task, Role extends string>(
  env: Dialogue<Task, Role>,
  rubric: Rubric<Task> | undefined,
  options: CollectOptions<Task>,
): Collection<Task, Role> {
  const { tasks, groupSize = 1, completed = [], onProgress, onTrajectories } = options;
  const { roles } = env;
  const total = tasks.length * groupSize;
  const results = {} as Record<Role, Trajectory[]>; // filled for every role in the next line
  for (const role of roles) results[role] = new Array(total);
  const known = new Map(completed.map((trajectory) => [trajectory.id, trajectory]));
  const pending: LiveEpisode<Task, Role>[] = [];
  for (let index = 0; index < total; index++) {
    const live = newEpisode(env, options, index);
    const earlier = trajectoriesOf(live).flatMap(({ id }) => known.get(id) ?? []);
    if (earlier.length < roles.length) pending.push(live);
    else for (const [r, role] of roles.entries()) results[role][index] = earlier[r]!; // one per role
  }

  let done = total - pending.length;
  const report = (): void => onProgress?.({ done, total });
  report();

  let held: LiveEpisode<Task, Role>[] = [];
  const groupOf = (group: number): (Trajectory | undefined)[] =>
    results[roles[0]!].slice(group * groupSize, (group + 1) * groupSize); // a dialogue has roles

  return {
    results,
    pending,
    async enterEnded(ended, limits) {
      if (ended.length === 0) return;
      for (const { views, index } of ended) {
        for (const role of roles) results[role][index] = views[role].trajectory;
      }
      held.push(...ended);
      const groups = new Set(held.map(({ group }) => group));
      if (rubric) {
        for (const group of groups) if (groupOf(group).includes(undefined)) groups.delete(group);
      }
      const released = held.filter(({ group }) => groups.has(group));
      held = held.filter(({ group }) => !groups.has(group));
      if (released.length === 0) return;
      if (rubric) {
        const fresh = new Set(released.flatMap(trajectoriesOf));
        await Promise.all(
          Array.from(
            groups,
            (group) => scoreEnded({ group: groupOf(group) as Trajectory[], fresh }, rubric, limits), // whole: none is undefined
          ),
        );
      }
      await onTrajectories?.(released.flatMap(trajectoriesOf));
      done += released.length;
      report();
    },
  };
}

/** Scores a group; those that were completed earlier count in it and keep what they have. */
async function scoreEnded<Task>(
  { group, fresh }: { group: readonly Trajectory[]; fresh: ReadonlySet<Trajectory> },
  rubric: Rubric<Task>,
  limits: StepLimits,
): Promise<void> {
  const sound = group.filter(
    (trajectory) => fresh.has(trajectory) && trajectory.error === undefined,
  );
  await recordingErrors(sound, limits, async () => {
    const scores = await stepWithin(limits, (signal) => scoreGroup(group, rubric, { signal }));
    for (const [i, trajectory] of group.entries()) {
      const score = scores[i];
      if (!score || !fresh.has(trajectory)) continue;
      trajectory.reward = score.reward;
      trajectory.metrics = { ...trajectory.metrics, ...score.metrics };
      const last = trajectory.segments.findLast(({ kind }) => kind === 'policy');
      if (last) last.reward = score.reward;
    }
  });
}
