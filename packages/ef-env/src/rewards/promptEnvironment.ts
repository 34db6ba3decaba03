import { defineEnvironment, type Environment } from '../episode/defineEnvironment.ts';
import type { RewardFunction, Rubric } from './rubric.ts';
import { rubric as makeRubric } from './rubric.ts';

export interface PromptEnvironmentOptions<Row> {
  /** A rubric, or one reward. */
  reward: Rubric<Row> | RewardFunction<Row>;
  /** What the policy is asked. Default: the row's `prompt`. */
  prompt?: ((row: Row) => string) | undefined;
  /** Stored with each trajectory. Default `'prompts'`. */
  name?: string | undefined;
  system?: string | undefined;
}

/**
 * Your own prompts and rewards as an environment: one question, one attempt. Rewards that look at a whole
 * group see one completion at a time here; score groups afterwards with `scoreTrajectories`.
 *
 * @example
 * const env = promptEnvironment<{ prompt: string; answer: string }>({
 *   reward: (completions, { answer }) => completions.map((c, i) => accuracyReward(answer[i]!, c)),
 * });
 */
export function promptEnvironment<Row extends { prompt?: string }>(
  options: PromptEnvironmentOptions<Row>,
): Environment<Row> {
  const { reward, prompt = (row) => row.prompt ?? '', name = 'prompts', system } = options;
  const rubric = typeof reward === 'function' ? makeRubric<Row>({ reward }) : reward;
  return defineEnvironment<Row, Row>({
    name,
    ...(system !== undefined && { system }),
    reset: (row) => ({ observation: prompt(row), state: row }),
    step: async (row, action, { signal }) => {
      const { rewards, metrics } = await rubric.score([action], [row], { signal });
      const scored = Object.entries(metrics).filter(
        (entry): entry is [string, [number]] => typeof entry[1][0] === 'number',
      );
      return {
        reward: rewards[0] ?? null,
        metrics: Object.fromEntries(scored.map(([key, values]) => [key, values[0]])),
        done: true,
      };
    },
  });
}
