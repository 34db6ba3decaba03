import { EfEnvError } from '../base/errors.ts';
import { readOptions } from '../base/readOptions.ts';
import { defineEnvironment } from '../episode/defineEnvironment.ts';
import type { Environment } from '../episode/environment.ts';
import { type Prompt, promptColumn, readPrompt } from '../rewards/readPrompt.ts';
import type { RewardFunction, Rubric } from '../rewards/rubric.ts';
import { rubric as makeRubric } from '../rewards/rubric.ts';

export interface PromptEnvironmentOptions<Row> {
  /** A rubric, or one reward. It sees the completions of a whole group. */
  reward: Rubric<Row> | RewardFunction<Row>;
  /** What the policy is asked. Default: the row's `prompt`. */
  prompt?: ((row: Row) => Prompt | undefined) | undefined;
  /** Stored with each trajectory. Default `'prompts'`. */
  name?: string | undefined;
  /** Said first where a prompt has no system message of its own. */
  system?: string | undefined;
}

/**
 * Your own prompts and rewards as an environment: one question, one attempt.
 *
 * A prompt that is neither text nor messages of known roles ends its episode (`stop: 'error'`).
 *
 * @throws {EfEnvError} `option` for a reward that is neither a function nor a rubric.
 *
 * @example
 * const env = promptEnvironment<{ prompt: string; answer: string }>({
 *   reward: (completions, { answer }) => completions.map((c, i) => accuracyReward(answer[i]!, c)),
 * });
 */
export function promptEnvironment<Row extends object>(
  options: PromptEnvironmentOptions<Row>,
): Environment<Row> {
  const given = readOptions('promptEnvironment', options, {
    reward: 'required',
    prompt: 'optional',
    name: 'optional',
    system: 'optional',
  });
  const { reward, prompt = promptColumn, name = 'prompts', system } = given;
  if (typeof reward !== 'function' && typeof reward?.score !== 'function') {
    throw new EfEnvError(
      'option',
      `promptEnvironment: reward must be a reward function or a rubric, got ${typeof reward}. Several rewards: rubric({ name: reward, ... }).`,
    );
  }
  return defineEnvironment<Row, null>({
    name,
    system,
    rubric: typeof reward === 'function' ? makeRubric<Row>({ reward }) : reward,
    reset: (row) => ({ observation: readPrompt(prompt(row), 'promptEnvironment'), state: null }),
    step: () => ({ done: true }),
  });
}
