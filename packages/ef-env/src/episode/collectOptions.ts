import { checkCounts } from '../base/checkCounts.ts';
import { checkList } from '../base/checkData.ts';
import { checkSeed } from '../base/checkSeed.ts';
import { EfEnvError } from '../base/errors.ts';
import { type OptionNames, readOptions } from '../base/readOptions.ts';
import type { Trajectory } from '../trajectory/trajectory.ts';
import { checkStop } from './stopTexts.ts';

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
  /**
   * Place of the first task in a larger collection of which this is a part: ids and seeds are those that its episodes have
   * there, so that parts played on several machines are the whole. Default 0.
   */
  firstTask?: number | undefined;
  /** Attempts per episode; in a dialogue, of each role. Default: the environment's, else 1. */
  maxTurns?: number | undefined;
  /** Passed to the policy; absent = its own default. */
  temperature?: number | undefined;
  /** Texts at which an attempt ends, without them: see `stop` of `Policy`. Default: none. */
  stop?: readonly string[] | null | undefined;
  /** Episodes alive at once; each turn of them is one `policy.generate` call. Default 256. */
  concurrency?: number | undefined;
  /** Time limit of one `reset` or `step`, and of scoring one group, milliseconds; `Infinity` = none. Default 30,000. */
  stepTimeout?: number | undefined;
  /** Episodes of an earlier, interrupted collection: those with the id of an episode to play are not played again. */
  completed?: readonly Trajectory[] | undefined;
  /** Cancels: rejects with the signal's reason. What `onTrajectories` got before is complete. */
  signal?: AbortSignal | undefined;
  /**
   * Told at the end how many episodes ended in an error or a time-out and why, if any did. Default: a warning of the
   * process, or of the console in browsers. `episodeMetrics` has the numbers.
   */
  onWarning?: ((message: string) => void) | null | undefined;
  onProgress?: ((progress: CollectProgress) => void) | undefined;
  /** Episodes as they end (several at a time), in no particular order. Awaited: append them to a file here. */
  onTrajectories?: ((finished: Trajectory[]) => void | Promise<void>) | undefined;
}

/** @throws {EfEnvError} `option` for what is no object or has a name that is not known. */
export function readCollectOptions<Task>(
  caller: string,
  options: CollectOptions<Task>,
): CollectOptions<Task> {
  return readOptions<CollectOptions<Task>, OptionNames<CollectOptions<Task>>>(caller, options, {
    tasks: 'required',
    seed: 'required',
    maxTokens: 'required',
    groupSize: 'optional',
    firstTask: 'optional',
    maxTurns: 'optional',
    temperature: 'optional',
    stop: 'optional',
    concurrency: 'optional',
    stepTimeout: 'optional',
    completed: 'optional',
    signal: 'optional',
    onWarning: 'optional',
    onProgress: 'optional',
    onTrajectories: 'optional',
  }) as CollectOptions<Task>; // null is allowed, and left out
}

/**
 * @throws {EfEnvError} `option` for tasks that are no list, a seed or a count that is not an integer (of at least 1),
 * or no time for a step.
 */
export function checkCollectOptions(caller: string, options: CollectOptions<unknown>): void {
  const { groupSize = 1, maxTurns = 1, concurrency = 1, maxTokens, stepTimeout = 1 } = options;
  for (const name of ['tasks', 'completed'] as const) {
    const { [name]: list = name === 'tasks' ? undefined : [] } = options;
    checkList(caller, name, list);
  }
  checkSeed(caller, options.seed);
  checkCounts(caller, { groupSize, maxTurns, concurrency, maxTokens });
  checkCounts(caller, { firstTask: options.firstTask ?? 0 }, 0);
  checkStop(caller, options.stop ?? []);
  if (stepTimeout > 0) return;
  throw new EfEnvError('option', `${caller}: stepTimeout must be above 0 ms, got ${stepTimeout}.`);
}
