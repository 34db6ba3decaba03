import { EfEnvError } from '../errors.ts';
import { mixSeeds } from '../random.ts';
import type { Segment } from '../trajectory/segment.ts';
import type { StopReason, Trajectory } from '../trajectory/trajectory.ts';
import type { Environment, Episode, StepResult } from './defineEnvironment.ts';
import type { Policy } from './policy.ts';
import { type Cancellation, listenTo, stepWithin } from './stepWithin.ts';

export interface CollectProgress {
  /** Finished episodes, resumed ones included. */
  done: number;
  total: number;
}

export interface CollectOptions<Task> {
  tasks: readonly Task[];
  /** Everything random comes from it. No default: two collections would silently be the same. */
  seed: number;
  /** Longest attempt, in the policy's own unit (tokens). */
  maxTokens: number;
  /** Episodes per task, G. Default 1. */
  groupSize?: number | undefined;
  /** Attempts per episode. Default 1. */
  maxTurns?: number | undefined;
  /** Passed to the policy; absent = its own default. */
  temperature?: number | undefined;
  /** Episodes alive at once; each turn of them is one `policy.generate` call. Default 256. */
  concurrency?: number | undefined;
  /** Time limit of one `reset` or `step`, milliseconds. Default 30,000. */
  stepTimeout?: number | undefined;
  /** Episodes of an earlier, interrupted collection: those with the id of an episode to play are not played again. */
  completed?: readonly Trajectory[] | undefined;
  /** Cancels: rejects with the signal's reason. What `onTrajectories` got before is complete. */
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: CollectProgress) => void) | undefined;
  /** Episodes as they end (several at a time), in no particular order. Awaited: append them to a file here. */
  onTrajectories?: ((finished: Trajectory[]) => void | Promise<void>) | undefined;
}

/** An episode being played. */
interface Live {
  id: string;
  index: number;
  group: number;
  seed: number;
  episode: Episode<unknown>;
  trajectory: Trajectory;
  finished: boolean;
}

/**
 * Plays every task `groupSize` times: the environment asks, the policy attempts, the environment
 * answers, until the environment is satisfied or the turns are used up.
 *
 * All episodes alive are batched into one `policy.generate` call per turn. Every episode has its own
 * seed, a function of `seed` and its place: with a policy that honours `seeds`, an episode comes out
 * the same alone, in any batch, and after an interruption. An environment that throws or takes too
 * long ends its own episode (`stop: 'error'` or `'timeout'`, the message in `error`), never the
 * collection.
 *
 * @returns Trajectories, task-major: `tasks.length * groupSize`.
 * @throws {EfEnvError} `option` for a count below 1, `policy` if the policy returns another number of
 * segments than asked. What the policy throws is passed on.
 *
 * @example
 * const guesser: Policy = {
 *   generate: async (prompts) =>
 *     prompts.map(() => ({ speaker: 'assistant', kind: 'policy', turn: 0, text: '</think> 8764' })),
 * };
 * const [trajectory] = await collect(codewords(), guesser, {
 *   tasks: [{ digits: '4876', words: ['rav'] }],
 *   seed: 0, maxTurns: 4, maxTokens: 56,
 * });
 * trajectory?.reward; // 1
 */
export async function collect<Task>(
  env: Environment<Task>,
  policy: Policy,
  options: CollectOptions<Task>,
): Promise<Trajectory[]> {
  const { tasks, groupSize = 1, concurrency = 256, completed = [], signal } = options;
  const { maxTurns = 1 } = options;
  assertCount('groupSize', groupSize);
  assertCount('maxTurns', maxTurns);
  assertCount('concurrency', concurrency);
  assertCount('maxTokens', options.maxTokens);

  const known = new Map(completed.map((trajectory) => [trajectory.id, trajectory]));
  const results: Trajectory[] = new Array(tasks.length * groupSize);
  const pending: Live[] = [];
  for (let index = 0; index < results.length; index++) {
    const live = newEpisode(env, options, index, groupSize);
    const earlier = known.get(live.id);
    if (earlier) results[index] = earlier;
    else pending.push(live);
  }
  let done = results.length - pending.length;
  const report = (): void => options.onProgress?.({ done, total: results.length });
  report();

  const cancellation = listenTo(signal);
  try {
    // Whole groups together, so that a group's first attempts share their prompt.
    const wave = Math.max(groupSize, concurrency - (concurrency % groupSize));
    for (let start = 0; start < pending.length; start += wave) {
      let alive = pending.slice(start, start + wave);
      const retire = async (): Promise<void> => {
        const ended = alive.filter((live) => live.finished);
        if (ended.length === 0) return;
        alive = alive.filter((live) => !live.finished);
        for (const live of ended) results[live.index] = live.trajectory;
        await options.onTrajectories?.(ended.map((live) => live.trajectory));
        done += ended.length;
        report();
      };
      await Promise.all(alive.map((live) => reset(live, options, cancellation)));
      await retire();
      for (let turn = 0; alive.length > 0; turn++) {
        signal?.throwIfAborted();
        const attempts = await attempt(policy, alive, turn, options);
        await Promise.all(
          alive.map((live, i) => answer(live, attempts[i]!, turn, maxTurns, options, cancellation)), // one each
        );
        await retire();
      }
    }
  } finally {
    cancellation.dispose();
  }
  return results;
}

function newEpisode<Task>(
  env: Environment<Task>,
  { tasks, seed }: CollectOptions<Task>,
  index: number,
  groupSize: number,
): Live {
  const group = Math.floor(index / groupSize);
  const data = tasks[group]!; // index < tasks.length * groupSize
  const member = index % groupSize;
  const taskSeed = mixSeeds(seed, 'task', group);
  const key = mixSeeds(taskSeed, env.name, JSON.stringify(data)).toString(16).padStart(8, '0');
  const id = `${env.name}-${group}-${member}-${key}`;
  const system: Segment[] =
    env.system === undefined
      ? []
      : [{ speaker: 'system', kind: 'prompt', turn: 0, text: env.system }];
  return {
    id,
    index,
    group,
    seed: mixSeeds(taskSeed, 'episode', member),
    episode: env.start() as Episode<unknown>, // only ever given tasks of this environment
    finished: false,
    trajectory: {
      version: 1,
      id,
      task: { env: env.name, data, seed: taskSeed },
      segments: system,
      reward: null,
      stop: 'max-turns',
    },
  };
}

async function reset<Task>(
  live: Live,
  options: CollectOptions<Task>,
  cancellation: Cancellation,
): Promise<void> {
  const { stepTimeout = 30_000, signal } = options;
  const { task, segments } = live.trajectory;
  await guarded(live, signal, async () => {
    const text = await stepWithin(stepTimeout, cancellation, (stepSignal) =>
      live.episode.reset(task.data, { seed: task.seed, signal: stepSignal }),
    );
    segments.push({ speaker: 'user', kind: 'prompt', turn: 0, text });
  });
}

/** One new policy segment per live episode, in their order. */
async function attempt<Task>(
  policy: Policy,
  alive: readonly Live[],
  turn: number,
  options: CollectOptions<Task>,
): Promise<Segment[]> {
  const { maxTokens, temperature, signal, groupSize = 1 } = options;
  const seeds = alive.map((live) => mixSeeds(live.seed, 'turn', turn));
  // Complete groups that stand at the same prompt: one prompt, G continuations.
  const shared = turn === 0 && groupSize > 1 && sharePrompts(alive, groupSize);
  const prompts = alive
    .filter((_, i) => !shared || i % groupSize === 0)
    .map((live) => [...live.trajectory.segments]);
  const segments = await policy.generate(prompts, {
    numGenerations: shared ? groupSize : 1,
    maxTokens,
    temperature,
    seed: mixSeeds(...seeds),
    seeds,
    signal,
  });
  if (segments.length !== alive.length) {
    throw new EfEnvError(
      'policy',
      `collect: policy.generate must return ${alive.length} segments (${prompts.length} prompts x ${shared ? groupSize : 1}), got ${segments.length}.`,
    );
  }
  return segments;
}

function sharePrompts(alive: readonly Live[], groupSize: number): boolean {
  if (alive.length % groupSize !== 0) return false;
  return alive.every((live, i) => {
    const first = alive[i - (i % groupSize)]!; // at or before i
    const last = live.trajectory.segments.at(-1);
    return live.group === first.group && last?.text === first.trajectory.segments.at(-1)?.text;
  });
}

/** Shows the attempt to the environment and writes down what it says. */
async function answer<Task>(
  live: Live,
  attempted: Segment,
  turn: number,
  maxTurns: number,
  options: CollectOptions<Task>,
  cancellation: Cancellation,
): Promise<void> {
  const { stepTimeout = 30_000, signal } = options;
  const { trajectory } = live;
  const own: Segment = { ...attempted, kind: 'policy', turn };
  trajectory.segments.push(own);
  await guarded(live, signal, async () => {
    const result = await stepWithin(stepTimeout, cancellation, (stepSignal) =>
      live.episode.step(attempted.text, { signal: stepSignal }),
    );
    record(trajectory, own, result);
    live.finished = result.done || turn + 1 >= maxTurns;
    if (live.finished) trajectory.stop = result.done ? (result.stop ?? 'done') : 'max-turns';
  });
}

function record(trajectory: Trajectory, own: Segment, result: StepResult): void {
  if (result.reward !== undefined) own.reward = result.reward;
  if (result.spans !== undefined) own.spans = result.spans;
  if (typeof result.reward === 'number') trajectory.reward = result.reward;
  if (result.metrics) trajectory.metrics = { ...trajectory.metrics, ...result.metrics };
  const text = [result.feedback, result.observation].filter(Boolean).join('\n');
  if (text) {
    trajectory.segments.push({ speaker: 'user', kind: 'environment', turn: own.turn, text });
  }
}

/** Runs an environment's code: its failure ends its episode, the caller's cancellation ends everything. */
async function guarded(
  live: Live,
  signal: AbortSignal | undefined,
  run: () => Promise<void>,
): Promise<void> {
  try {
    await run();
  } catch (error) {
    signal?.throwIfAborted();
    const timeout = error instanceof EfEnvError && error.code === 'timeout';
    const stop: StopReason = timeout ? 'timeout' : 'error';
    live.finished = true;
    live.trajectory.stop = stop;
    live.trajectory.error = error instanceof Error ? error.message : String(error);
  }
}

function assertCount(name: string, value: number): void {
  if (Number.isInteger(value) && value >= 1) return;
  throw new EfEnvError('option', `collect: ${name} must be an integer >= 1, got ${value}.`);
}
