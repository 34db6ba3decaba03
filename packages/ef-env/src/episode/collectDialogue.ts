import { EfEnvError } from '../base/errors.ts';
import type { Trajectory } from '../trajectory/trajectory.ts';
import type { CollectOptions } from './collectOptions.ts';
import type { Dialogue } from './defineDialogue.ts';
import { playEpisodes } from './playEpisodes.ts';
import type { Policy } from './policy.ts';

/**
 * Plays a dialogue like `collect` plays an environment: one `policy.generate` call per role and turn for all
 * episodes in which that role is to speak.
 *
 * Each trajectory holds exactly what its role saw and said: a trainer can use each as it is. An episode's
 * trajectories have the same `task`, `stop`, `metrics` and `info`, and `role` and `id` of their own. A role that
 * never got its turn has a trajectory without an attempt and with `reward: null` (or the team's). `maxTurns` are
 * the attempts of each role: the episode ends when the role to speak has none left.
 *
 * @param policies - One for all roles, or one per role.
 * @returns Per role its trajectories, task-major: `tasks.length * groupSize`. All of them together, as a list or
 * from `onTrajectories`, are the `completed` of a resumed collection.
 * @throws {EfEnvError} as `collect` does, and `option` for a role without a policy.
 *
 * @example
 * const repeat = defineDialogue<string, null, 'planner' | 'solver'>({
 *   name: 'repeat',
 *   roles: ['planner', 'solver'],
 *   reset: (task) => ({ views: { planner: task }, state: null }),
 *   step: (_, { role, action }) =>
 *     role === 'planner'
 *       ? { observations: { solver: `Plan: ${action}` }, done: false }
 *       : { reward: 1, done: true },
 * });
 * const policy: Policy = {
 *   generate: async (prompts) =>
 *     prompts.map(() => ({ speaker: 'assistant', kind: 'policy', turn: 0, text: 'Count.' })),
 * };
 * const { solver } = await collectDialogue(repeat, policy, { tasks: ['1 + 1?'], seed: 0, maxTokens: 8 });
 * solver[0]?.segments.map(({ text }) => text); // ['Plan: Count.', 'Count.']
 */
export async function collectDialogue<Task, Role extends string>(
  env: Dialogue<Task, Role>,
  policies: Policy | Record<Role, Policy>,
  options: CollectOptions<Task>,
): Promise<Record<Role, Trajectory[]>> {
  if (env?.roles === undefined) {
    throw new EfEnvError(
      'option',
      'collectDialogue: env must be a dialogue, as defineDialogue makes it. Environments are played by collect.',
    );
  }
  const perRole = isPolicy(policies)
    ? (Object.fromEntries(env.roles.map((role) => [role, policies])) as Record<Role, Policy>) // one entry per role
    : policies;
  const mute = env.roles.find((role) => typeof perRole?.[role]?.generate !== 'function');
  if (mute !== undefined) {
    throw new EfEnvError('option', `collectDialogue: there is no policy for the role '${mute}'.`);
  }
  return playEpisodes({ caller: 'collectDialogue', env, policies: perRole }, options);
}

function isPolicy(policies: Policy | Record<string, Policy>): policies is Policy {
  return typeof policies?.generate === 'function';
}
