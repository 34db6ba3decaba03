import { EfEnvError } from '../base/errors.ts';
import type { Trajectory } from '../trajectory/trajectory.ts';
import { checkPolicy } from './checkPolicy.ts';
import type { CollectOptions } from './collectOptions.ts';
import type { Dialogue } from './defineDialogue.ts';
import type { Environment } from './environment.ts';
import { playEpisodes } from './playEpisodes.ts';
import type { Policy } from './policy.ts';

/**
 * Plays every task `groupSize` times: the environment asks, the policy attempts, the environment
 * answers, until the environment is satisfied or the turns are used up.
 *
 * All episodes alive are batched into one `policy.generate` call per turn. Every episode has its own
 * seed, a function of `seed` and its place: with a policy that honours `seeds`, an episode comes out
 * the same alone, in any batch, and after an interruption. An environment that throws or takes too
 * long ends its own episode (`stop: 'error'` or `'timeout'`, the message in `error`), and `onWarning` is told how many did
 * and why; where all of them did, the call rejects with the reasons, after `onTrajectories` got them. With `env.rubric`, an episode is done when all `groupSize` episodes of its task are: only then
 * they are scored and given to `onTrajectories`.
 *
 * @returns Trajectories, task-major: `tasks.length * groupSize`.
 * @throws {EfEnvError} `option` for a count below 1, `policy` if the policy returns another number of
 * segments than asked, `task` if every episode ended in an error, `missing-peer` if the environment needs a package that is not installed. What the policy throws
 * is passed on.
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
  checkPlayers(env, policy);
  const play = {
    caller: 'collect',
    env: asDialogue(env),
    policies: { '': policy },
    rubric: env.rubric,
  };
  return (await playEpisodes(play, options))[''];
}

function checkPlayers(env: Partial<Environment<never>>, policy: Partial<Policy>): void {
  if (typeof env?.start !== 'function' || 'roles' in env) {
    throw new EfEnvError(
      'option',
      'collect: env must be an environment, as defineEnvironment makes it. Dialogues and stages with their own contexts are played by collectDialogue.',
    );
  }
  checkPolicy('collect', policy);
}

/** An environment is a dialogue of one role without a name. */
function asDialogue<Task>(env: Environment<Task>): Dialogue<Task, ''> {
  return {
    name: env.name,
    roles: [''],
    system: { '': env.system },
    concurrency: env.concurrency,
    maxTurns: env.maxTurns,
    start: () => {
      const episode = env.start();
      return {
        reset: async (task, options) => ({ views: { '': await episode.reset(task, options) } }),
        step: async ({ action }, options) => {
          const result = await episode.step(action, options);
          return { ...result, observations: { '': result?.observation } };
        },
        ...(episode.close && { close: () => episode.close?.() }),
      };
    },
  };
}
