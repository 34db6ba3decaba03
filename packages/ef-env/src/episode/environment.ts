import type { Rubric } from '../rewards/rubric.ts';
import type { RewardSpan } from '../trajectory/segment.ts';
import type { StopReason } from '../trajectory/trajectory.ts';
import type { Observation, Opening } from '../trajectory/utterance.ts';

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
  observation?: Observation | undefined;
  /** `null` or absent = not scored. */
  reward?: number | null | undefined;
  /** Parts of the attempt that were scored by themselves. */
  spans?: RewardSpan[] | undefined;
  /** No further attempt. */
  done: boolean;
  /** Why, when `done`. Default `'done'`. */
  stop?: StopReason | undefined;
  /** Numbers to keep with the trajectory; a later step overwrites equal names. */
  metrics?: Record<string, number> | undefined;
  /** Anything else to keep with the trajectory, as JSON; a later step overwrites equal names. */
  info?: Record<string, unknown> | undefined;
}

/** One running episode. It has its own state, so many can run at once. */
export interface Episode<Task> {
  /** Starts the episode; returns the first observation. */
  reset(task: Task, options: ResetOptions): Promise<Opening>;
  /** Judges one attempt. */
  step(action: string, options: StepOptions): Promise<StepResult>;
  /**
   * Frees what the episode holds. `collect` calls it once, however the episode ended, even while a `reset` that
   * was given up still runs. What it throws is ignored.
   */
  close?(): void | Promise<void>;
}

/** A kind of task that can be played: a plain object, made by {@link defineEnvironment}. */
export interface Environment<Task> {
  /** Stored with each trajectory. */
  readonly name: string;
  /** Said before the first observation, unless that brings a system message of its own; absent = no system turn. */
  readonly system?: string | undefined;
  /**
   * Scores the episodes of a task together when all of them have ended, in place of the steps' rewards. A
   * reward that wants those finds them in its option `trajectories`.
   */
  readonly rubric?: Rubric<Task> | undefined;
  /** Most episodes that can be alive at once, whatever `collect` is told. */
  readonly concurrency?: number | undefined;
  /** Attempts where `collect` is told no `maxTurns`. */
  readonly maxTurns?: number | undefined;
  /** A new episode, not yet reset. */
  start(): Episode<Task>;
}

/** An environment but for its episodes, which are made of these functions. */
export interface EnvironmentDefinition<Task, State> extends Omit<Environment<Task>, 'start'> {
  /** The first observation, and whatever `step` needs to know. */
  reset(
    task: Task,
    options: ResetOptions,
  ): { observation: Opening; state: State } | Promise<{ observation: Opening; state: State }>;
  /** Judges an attempt. May change `state`. */
  step(state: State, action: string, options: StepOptions): StepResult | Promise<StepResult>;
  /** Frees what `reset` made: called once for each state, however the episode ended. */
  close?(state: State): void | Promise<void>;
}
