import { EfEnvError } from '../base/errors.ts';
import { readOptions } from '../base/readOptions.ts';
import type { Observation, Opening } from '../trajectory/utterance.ts';
import type { ResetOptions, StepOptions, StepResult } from './environment.ts';
import { holdState } from './holdState.ts';

/** Something for some of the roles. */
export type PerRole<Role extends string, T> = { readonly [Name in Role]?: T | undefined };

/** What a dialogue says to an attempt: {@link StepResult} with a view and a reward per role. */
export interface DialogueStepResult<Role extends string>
  extends Omit<StepResult, 'observation' | 'reward'> {
  /** What each role is told now, and no other role sees. `feedback` goes to the role that spoke. */
  observations?: PerRole<Role, Observation> | undefined;
  /**
   * A number is the team's: every role that has spoken gets it. Per role, those left out get none. It is kept on
   * what the role said last (a later one replaces it), and as the trajectory's reward.
   */
  reward?: number | null | PerRole<Role, number | null> | undefined;
  /** Who speaks next. Default: the role after the one that spoke, the first after the last. */
  next?: Role | undefined;
}

/** How a dialogue opens. */
export interface DialogueOpening<Role extends string> {
  /** What each role is told at the beginning. */
  views?: PerRole<Role, Opening> | undefined;
  /** Who speaks first. Default: the first of `roles`. */
  first?: Role | undefined;
}

/** One running dialogue. */
export interface DialogueEpisode<Task, Role extends string> {
  reset(task: Task, options: ResetOptions): Promise<DialogueOpening<Role>>;
  step(
    attempt: { role: Role; action: string },
    options: StepOptions,
  ): Promise<DialogueStepResult<Role>>;
  /** Frees what the episode holds, like an environment's. */
  close?(): void | Promise<void>;
}

/** A kind of task that several roles play together, each with a view of its own: a plain object. */
export interface Dialogue<Task, Role extends string> {
  /** Stored with each trajectory. */
  readonly name: string;
  readonly roles: readonly Role[];
  /** Per role, said before all else, unless its opening brings a system message of its own. */
  readonly system?: PerRole<Role, string> | undefined;
  /** Most episodes that can be alive at once, whatever `collectDialogue` is told. */
  readonly concurrency?: number | undefined;
  /** Attempts where `collectDialogue` is told no `maxTurns`. */
  readonly maxTurns?: number | undefined;
  start(): DialogueEpisode<Task, Role>;
}

type Awaitable<T> = T | Promise<T>;

/** A dialogue but for its episodes, which are made of these functions. */
export interface DialogueDefinition<Task, State, Role extends string>
  extends Omit<Dialogue<Task, Role>, 'start'> {
  /** The first views, and whatever `step` needs to know. */
  reset(
    task: Task,
    options: ResetOptions,
  ): Awaitable<DialogueOpening<NoInfer<Role>> & { state: State }>;
  /** Judges what a role said. May change `state`. */
  step(
    state: State,
    attempt: { role: Role; action: string },
    options: StepOptions,
  ): Awaitable<DialogueStepResult<NoInfer<Role>>>;
  /** Frees what `reset` made: called once for each state, however the episode ended. */
  close?(state: State): void | Promise<void>;
}

/**
 * Makes a dialogue of roles that see different things, such as a planner and a solver
 * (ReMA, https://arxiv.org/abs/2503.09501). To be played by `collectDialogue`.
 *
 * @throws {EfEnvError} `option` for roles that are not named, or named twice, or none.
 *
 * @example
 * const planAndSolve = defineDialogue<{ question: string; answer: string }, { answer: string }, 'planner' | 'solver'>({
 *   name: 'plan-and-solve',
 *   roles: ['planner', 'solver'],
 *   reset: ({ question, answer }) => ({
 *     views: { planner: `Plan, do not solve: ${question}`, solver: question },
 *     state: { answer },
 *   }),
 *   step: ({ answer }, { role, action }) =>
 *     role === 'planner'
 *       ? { observations: { solver: `Plan: ${action}` }, done: false }
 *       : { reward: Number(action === answer), done: true }, // both get it
 * });
 */
export function defineDialogue<Task, State, Role extends string>(
  definition: DialogueDefinition<Task, State, Role>,
): Dialogue<Task, Role> {
  const given = readOptions('defineDialogue', definition, {
    name: 'required',
    roles: 'required',
    reset: 'required',
    step: 'required',
    system: 'optional',
    concurrency: 'optional',
    maxTurns: 'optional',
    close: 'optional',
  });
  const { name, roles, system, concurrency, maxTurns } = given;
  if (roles.length === 0 || roles.includes('' as Role) || new Set(roles).size < roles.length) {
    const got = JSON.stringify(roles);
    throw new EfEnvError(
      'option',
      `defineDialogue: roles must have names of their own, got ${got}.`,
    );
  }
  return {
    name,
    roles,
    system,
    concurrency,
    maxTurns,
    start: () => {
      const held = holdState<Task, DialogueOpening<Role> & { state: State }>(given);
      return {
        reset: held.reset,
        step: async (attempt, options) => given.step(held.state, attempt, options),
        ...(given.close && { close: held.close }),
      };
    },
  };
}
