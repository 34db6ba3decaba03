import { checkChoice } from '../../base/checkChoice.ts';
import { checkList } from '../../base/checkData.ts';
import { EfEnvError } from '../../base/errors.ts';
import { readOptions } from '../../base/readOptions.ts';
import { type Dialogue, defineDialogue } from '../../episode/defineDialogue.ts';
import { defineEnvironment } from '../../episode/defineEnvironment.ts';
import type { Environment } from '../../episode/environment.ts';
import { judgeStage, type StageJudge, type StageState } from './judgeStage.ts';
import type { Stage } from './stage.ts';

export interface StagesOptions<Task, Results extends object>
  extends Omit<StageJudge<Task, Results>, 'stages' | 'prunedReward'> {
  /** Stored with each trajectory. */
  name: string;
  /** Played in order. */
  stages: readonly { [Name in keyof Results]-?: Stage<Task, Results, Name> }[keyof Results][];
  /** Reward of an attempt that broke a rule, and of a pruned episode. Default 0; `null` = not scored. */
  prunedReward?: number | null | undefined;
  /** Said first; in `'results'` to every stage. */
  system?: string | undefined;
}

/**
 * Staged prompts: each stage is asked with what the earlier ones yielded, and each attempt is checked by named rules.
 * A broken rule is told to the policy; when the stage has no attempts left, the episode is pruned: it ends
 * (`stop: 'done'`) with `prunedReward`, and no later stage is asked. Of a group of G episodes the ones that keep the
 * rules remain.
 *
 * `context` says what a stage sees, and so what is trained on:
 * - `'all'`: one conversation with all prompts, attempts and feedback. An environment for `collect`.
 * - `'results'`: each stage sees its own prompt, attempts and feedback only. A dialogue for `collectDialogue` whose
 *   roles are the stages: a trajectory per stage, all with the episode's reward; a stage that was never asked has one
 *   without segments and with `reward: null`.
 *
 * `maxTurns` needs not be given. Metrics: `stages/passed` (how many), `stages/pruned` (1 or 0),
 * `stages/broken/<stage>/<rule>` (1 if it was); a pruned episode keeps `{ stage, rule, reason }` in `info.pruned`.
 *
 * @throws {EfEnvError} `option` without stages, for names that are not unique, attempts below 1, an unknown context and
 * what should be a function.
 *
 * @example
 * interface Results { plan: string[]; answer: string }
 * const env = stages<{ question: string; answer: string }, Results>({
 *   name: 'plan-first',
 *   context: 'results',
 *   stages: [
 *     {
 *       name: 'plan',
 *       prompt: ({ question }) => `Plan in at most 3 lines: ${question}`,
 *       rules: [{ name: 'short', check: (plan) => plan.split('\n').length <= 3 || 'It has more than 3 lines.' }],
 *       extract: (plan) => plan.split('\n'),
 *       attempts: 2,
 *     },
 *     {
 *       name: 'answer',
 *       prompt: ({ question }, { plan }) => `${question} Do this: ${plan.join(' ')}`,
 *     },
 *   ],
 *   score: ({ answer }, { task }) => Number(answer === task.answer),
 * });
 * env.roles; // ['plan', 'answer']
 */
export function stages<Task, Results extends object>(
  options: StagesOptions<Task, Results> & { context: 'all' },
): Environment<Task>;
export function stages<Task, Results extends object>(
  options: StagesOptions<Task, Results> & { context: 'results' },
): Dialogue<Task, keyof Results & string>;
export function stages<Task, Results extends object>(
  options: StagesOptions<Task, Results> & { context: 'all' | 'results' },
): Environment<Task> | Dialogue<Task, string> {
  const given = readOptions('stages', options, {
    name: 'required',
    stages: 'required',
    score: 'required',
    context: 'required',
    system: 'optional',
    prunedReward: 'null',
  });
  checkList('stages', 'stages', given.stages);
  const all = given.stages as readonly Stage<Task, Results>[]; // each reads and writes its own key
  const attempts = all.map((stage) => stage.attempts ?? 1);
  const roles = all.map((stage) => String(stage.name));
  checkStages(roles, attempts);
  checkFunctions(all, given.score);
  const { name, context, system, score, prunedReward = 0 } = given;
  checkChoice('stages: context', context, ['all', 'results']);
  const judge = { stages: all, score, prunedReward };
  const open = async (
    task: Task,
  ): Promise<{ prompt: string; state: StageState<Task, Results> }> => {
    const results = {} as Results; // filled stage by stage
    const prompt = await all[0]!.prompt(task, results); // there is one
    return { prompt, state: { task, results, passed: 0, failed: 0 } };
  };

  if (context === 'all') {
    return defineEnvironment<Task, StageState<Task, Results>>({
      name,
      system,
      maxTurns: attempts.reduce((a, b) => a + b),
      reset: async (task) => {
        const { prompt, state } = await open(task);
        return { observation: prompt, state };
      },
      step: (state, action, { signal }) => judgeStage(judge, state, { action, signal }),
    });
  }
  return defineDialogue<Task, StageState<Task, Results>, string>({
    name,
    roles,
    system: Object.fromEntries(roles.map((role) => [role, system])),
    maxTurns: Math.max(...attempts),
    reset: async (task) => {
      const { prompt, state } = await open(task);
      return { views: { [roles[0]!]: prompt }, state };
    },
    step: async (state, { role, action }, { signal }) => {
      const { observation, reward, ...verdict } = await judgeStage(judge, state, {
        action,
        signal,
      });
      const next = roles[state.passed] ?? role;
      return {
        ...verdict,
        next,
        observations: { [next]: observation },
        reward: verdict.done ? reward : { [role]: reward }, // only an ended episode's is every stage's
      };
    },
  });
}

function checkStages(names: readonly string[], attempts: readonly number[]): void {
  const wrong = attempts.findIndex((count) => !Number.isInteger(count) || count < 1);
  const unique = new Set(names).size === names.length;
  if (names.length > 0 && unique && wrong < 0) return;
  throw new EfEnvError(
    'option',
    wrong < 0
      ? `stages: needs stages with names of their own, got ${names.join(', ') || 'none'}.`
      : `stages: attempts must be an integer >= 1, got ${attempts[wrong]} for '${names[wrong]}'.`,
  );
}

function checkFunctions(
  stages: readonly { name: unknown; prompt: unknown }[],
  score: unknown,
): void {
  const mute = stages.find(({ prompt }) => typeof prompt !== 'function');
  if (mute === undefined && typeof score === 'function') return;
  throw new EfEnvError(
    'option',
    mute === undefined
      ? `stages: score must be a function, got ${typeof score}.`
      : `stages: prompt must be a function (task, results) => text, got ${typeof mute.prompt} for '${String(mute.name)}'.`,
  );
}
