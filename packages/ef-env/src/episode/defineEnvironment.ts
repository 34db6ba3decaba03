import type { RewardSpan } from '../trajectory/segment.ts';
import type { StopReason } from '../trajectory/trajectory.ts';

export interface ResetOptions {
  /** Everything random in the episode comes from this seed. */
  seed: number;
  signal?: AbortSignal | undefined;
}

export interface StepOptions {
  /** Aborted when the step's time is over or the collection is cancelled. */
  signal: AbortSignal;
}

/** What an environment says to an attempt. */
export interface StepResult {
  /** The attempt judged in words: the text that MoL learns from. */
  feedback?: string | undefined;
  /** What the policy sees next, after the feedback. Empty or absent: the feedback is all. */
  observation?: string | undefined;
  /** `null` or absent = not scored. */
  reward?: number | null | undefined;
  /** Parts of the attempt that were scored by themselves. */
  spans?: RewardSpan[] | undefined;
  /** No further attempt. */
  done: boolean;
  /** Why, when `done`. Default `'done'`. */
  stop?: StopReason | undefined;
  /** Numbers to keep with the trajectory. */
  metrics?: Record<string, number> | undefined;
}

/** One running episode. It has its own state, so many can run at once. */
export interface Episode<Task> {
  /** Starts the episode; returns the first observation. */
  reset(task: Task, options: ResetOptions): Promise<string>;
  /** Judges one attempt. */
  step(action: string, options: StepOptions): Promise<StepResult>;
}

/** A kind of task that can be played: a plain object, made by {@link defineEnvironment}. */
export interface Environment<Task> {
  readonly name: string;
  /** Said before the first observation; absent = no system turn. */
  readonly system?: string | undefined;
  /** A new episode, not yet reset. */
  start(): Episode<Task>;
}

export interface EnvironmentDefinition<Task, State> {
  /** Stored with each trajectory. */
  name: string;
  system?: string | undefined;
  /** The first observation, and whatever `step` needs to know. */
  reset(
    task: Task,
    options: ResetOptions,
  ): { observation: string; state: State } | Promise<{ observation: string; state: State }>;
  /** Judges an attempt. May change `state`. */
  step(state: State, action: string, options: StepOptions): StepResult | Promise<StepResult>;
}

/**
 * Makes an environment of two functions. They may be synchronous or asynchronous; each episode has its
 * own `state`.
 *
 * @example
 * const echo = defineEnvironment<{ word: string }, string>({
 *   name: 'echo',
 *   reset: (task) => ({ observation: `Say ${task.word}.`, state: task.word }),
 *   step: (word, action) =>
 *     action === word
 *       ? { feedback: 'Right.', reward: 1, done: true }
 *       : { feedback: `That was ${action}, not ${word}.`, reward: 0, done: false },
 * });
 */
export function defineEnvironment<Task, State>(
  definition: EnvironmentDefinition<Task, State>,
): Environment<Task> {
  return {
    name: definition.name,
    system: definition.system,
    start: () => {
      let state: State;
      return {
        reset: async (task, options) => {
          const first = await definition.reset(task, options);
          state = first.state;
          return first.observation;
        },
        step: async (action, options) => definition.step(state, action, options),
      };
    },
  };
}
