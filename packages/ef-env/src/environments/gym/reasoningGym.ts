import { checkChoice } from '../../base/checkChoice.ts';
import { readOptions } from '../../base/readOptions.ts';
import { defineEnvironment } from '../../episode/defineEnvironment.ts';
import type { Environment } from '../../episode/environment.ts';
import { checkArithmetic } from '../../judges/arithmetic/checkArithmetic.ts';
import { missedAction } from '../../text/missedAction.ts';
import { readTurn } from '../../text/readTurn.ts';
import type { GymFamilyName } from './gymFamilies.ts';
import { type GymScoreOptions, gymScore } from './gymScore.ts';
import type { GymTask } from './gymTask.ts';

export interface ReasoningGymOptions extends GymScoreOptions {
  /**
   * `'step'` names the first mistake and why and lets the policy try again; `'full'` also tells a right answer;
   * `'none'` ends after one attempt. Default `'step'`.
   */
  feedback?: 'step' | 'full' | 'none' | undefined;
}

/** Families whose work is arithmetic: a wrong calculation in the thought is the first mistake. */
const ARITHMETIC: ReadonlySet<GymFamilyName> = new Set([
  'countdown',
  'puzzle24',
  'chain_sum',
  'basic_arithmetic',
  'gcd',
  'lcm',
  'prime_factorization',
  'simple_equations',
]);

/**
 * The 30 families of procedural tasks as one environment; make its tasks with `gymTask` or `gymSampler`.
 * What follows the last `</think>` is the answer.
 *
 * @example
 * const env = reasoningGym();
 * // collect(env, policy, { tasks: [gymTask('gcd', { seed: 1 })], maxTurns: 3, ... })
 */
export function reasoningGym(options: ReasoningGymOptions = {}): Environment<GymTask> {
  const { feedback = 'step', ...scoring } = readOptions('reasoningGym', options, {
    feedback: 'optional',
    scoring: 'optional',
    minValue: 'optional',
    maxValue: 'optional',
    isWord: 'optional',
  });
  checkChoice('reasoningGym: feedback', feedback, ['step', 'full', 'none']);
  checkChoice('reasoningGym: scoring', scoring.scoring ?? 'strict', ['strict', 'reasoning-gym']);
  return defineEnvironment<GymTask, GymTask>({
    name: 'reasoning-gym',
    reset: (task) => ({ observation: task.question, state: task }),
    step: (task, action) => {
      const turn = readTurn(action);
      const { answer } = turn;
      const { score, mistake } = gymScore(task, answer, scoring);
      const reward = score ?? 0;
      if (feedback === 'none') return { reward, done: true };
      if (mistake === null) return { feedback: 'Right.', reward, done: true };
      const step = ARITHMETIC.has(task.family) ? wrongStep(action) : null;
      const first = step ?? (missedAction(turn, 'the answer') || mistake);
      const shown =
        feedback === 'full' && task.answer !== null
          ? ` A right answer is: ${task.answer}`
          : ' Try again.';
      return { feedback: `${first}${shown}`, reward, done: false };
    },
  });
}

/** The first calculation of the work that does not hold, and why, without its value. */
function wrongStep(action: string): string | null {
  const wrong = checkArithmetic(action).calculations.find(({ holds }) => !holds);
  return wrong === undefined
    ? null
    : `The step '${wrong.text.slice(0, 200)}' does not hold. ${wrong.why}`;
}
