import { EfEnvError } from '../base/errors.ts';
import { mixSeeds } from '../base/random.ts';
import type { Segment } from '../trajectory/segment.ts';
import type { Trajectory } from '../trajectory/trajectory.ts';
import type { Opening } from '../trajectory/utterance.ts';
import { checkSaid, checkStep } from './checkStep.ts';
import type { CollectOptions } from './collectOptions.ts';
import { CONTEXT_FULL } from './contextFull.ts';
import type { Dialogue, DialogueEpisode, PerRole } from './defineDialogue.ts';
import type { Attempt } from './policy.ts';
import { recordStep, type View } from './recordStep.ts';
import { type StepLimits, stepWithin } from './stepWithin.ts';

/** An episode being played. */
export interface LiveEpisode<Task, Role extends string> {
  /** Place in the result: `group * groupSize + member`. */
  index: number;
  group: number;
  task: { data: Task; seed: number };
  /** Of what the policies say. */
  seed: number;
  roles: readonly Role[];
  /** Whose turn it is. */
  role: Role;
  views: Record<Role, View>;
  episode: DialogueEpisode<Task, Role>;
  finished: boolean;
}

/** The episode at a place, not yet reset. Ids and seeds are functions of the place, the task and the options. */
export function newEpisode<Task, Role extends string>(
  env: Dialogue<Task, Role>,
  { tasks, seed, groupSize = 1, firstTask = 0 }: CollectOptions<Task>,
  index: number,
): LiveEpisode<Task, Role> {
  const { name, roles, system } = env;
  const group = Math.floor(index / groupSize);
  const member = index % groupSize;
  const data = tasks[group]!; // index < tasks.length * groupSize
  const place = firstTask + group;
  const taskSeed = mixSeeds(seed, 'task', place);
  const key = mixSeeds(taskSeed, name, JSON.stringify(data)).toString(16).padStart(8, '0');
  const views = {} as Record<Role, View>; // filled for every role below
  for (const role of roles) {
    const text = system?.[role];
    const trajectory: Trajectory = {
      version: 1,
      id: `${name}-${place}-${member}-${key}${role && `-${role}`}`,
      ...(role && { role }),
      task: { env: name, data, seed: taskSeed },
      segments: text === undefined ? [] : [{ speaker: 'system', kind: 'prompt', turn: 0, text }],
      reward: null,
      stop: 'max-turns',
    };
    views[role] = { trajectory, attempts: 0 };
  }
  return {
    index,
    group,
    task: { data, seed: taskSeed },
    seed: mixSeeds(taskSeed, 'episode', member),
    roles,
    role: roles[0]!, // a dialogue has roles
    views,
    episode: env.start(),
    finished: false,
  };
}

/** Opens the episode. */
export async function open<Task, Role extends string>(
  live: LiveEpisode<Task, Role>,
  limits: StepLimits,
): Promise<void> {
  const opened = await recordingErrors(trajectoriesOf(live), limits, async () => {
    const { data, seed } = live.task;
    const { views = {}, first = live.role } = await stepWithin(limits, (signal) =>
      live.episode.reset(data, { seed, signal }),
    );
    const openings: PerRole<Role, Opening> = views; // {} has no role's
    for (const role of live.roles) {
      const said = openings[role];
      if (said === undefined) continue;
      checkSaid('reset', said);
      openView(live.views[role].trajectory.segments, said);
    }
    passTurn(live, first);
  });
  live.finished = !opened;
}

function openView(segments: Segment[], opening: Opening): void {
  const said: Exclude<Opening, string> =
    typeof opening === 'string' ? [{ speaker: 'user', text: opening }] : opening;
  if (said.some(({ speaker }) => speaker === 'system')) segments.length = 0; // its own, not the environment's
  for (const { speaker, text } of said) segments.push({ speaker, kind: 'prompt', turn: 0, text });
}

/** Shows an attempt to the environment and writes down what it says. */
export async function answer<Task, Role extends string>(
  live: LiveEpisode<Task, Role>,
  attempted: Attempt,
  { maxTurns, limits }: { maxTurns: number; limits: StepLimits },
): Promise<void> {
  const { role, roles, views } = live;
  const view = views[role];
  if (attempted.contextFull) return outOfContext(live);
  view.last = { ...attempted, kind: 'policy', turn: view.attempts++ };
  view.trajectory.segments.push(view.last);
  const answered = await recordingErrors(trajectoriesOf(live), limits, async () => {
    const result = await stepWithin(limits, (signal) =>
      live.episode.step({ role, action: attempted.text }, { signal }),
    );
    checkStep(attempted.text, result, roles);
    recordStep(live, result);
    const { done, stop = 'done', next = roles[(roles.indexOf(role) + 1) % roles.length]! } = result; // modulo: exists
    if (!done) passTurn(live, next);
    live.finished = done || views[next].attempts >= maxTurns;
    if (done) for (const trajectory of trajectoriesOf(live)) trajectory.stop = stop;
  });
  live.finished ||= !answered;
}

/** What was said before counts; nothing was said now. */
function outOfContext<Task, Role extends string>(live: LiveEpisode<Task, Role>): void {
  live.finished = true;
  for (const trajectory of trajectoriesOf(live)) {
    trajectory.stop = 'truncated';
    trajectory.metrics = { ...trajectory.metrics, [CONTEXT_FULL]: 1 };
  }
}

/** Frees what the episode holds. Nothing can fail any more: the episode is over, and written down. */
export async function close<Task, Role extends string>(
  { episode }: LiveEpisode<Task, Role>,
  limits: StepLimits,
): Promise<void> {
  if (!episode.close) return;
  const closing = (async () => episode.close?.())().catch(() => {});
  await stepWithin(limits, () => closing).catch(() => {}); // begun in any case, waited for within limits
}

function passTurn<Task, Role extends string>(live: LiveEpisode<Task, Role>, next: Role): void {
  const { roles, views } = live;
  if (views[next]?.trajectory.segments.length) {
    live.role = next;
    return;
  }
  if (next === '') {
    throw new EfEnvError('task', 'reset: the observation must be a text or messages, got nothing.');
  }
  const why = roles.includes(next)
    ? 'it was told nothing yet'
    : `the roles are ${roles.join(', ')}`;
  throw new EfEnvError('task', `'${next}' cannot speak: ${why}.`);
}

/** What each role has seen, in the order of the roles. */
export function trajectoriesOf<Task, Role extends string>({
  roles,
  views,
}: LiveEpisode<Task, Role>): Trajectory[] {
  return roles.map((role) => views[role].trajectory);
}

/**
 * Runs an environment's code: what it throws is written into its trajectories. Only the caller's cancellation and a
 * package that is not installed end everything.
 *
 * @returns whether it went well.
 */
export async function recordingErrors(
  trajectories: readonly Trajectory[],
  limits: StepLimits,
  run: () => Promise<void>,
): Promise<boolean> {
  try {
    await run();
    return true;
  } catch (error) {
    limits.cancellation.signal?.throwIfAborted();
    const code = error instanceof EfEnvError ? error.code : undefined;
    if (code === 'missing-peer') throw error; // no episode will go better
    const timeout = code === 'timeout';
    for (const trajectory of trajectories) {
      trajectory.stop = timeout ? 'timeout' : 'error';
      trajectory.error = error instanceof Error ? error.message : String(error);
    }
    return false;
  }
}
