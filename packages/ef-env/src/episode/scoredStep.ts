import type { StepResult } from './environment.ts';

/** A reward, or all that a step can say. */
export type AnswerScore = number | null | Partial<StepResult>;

/** What an environment says to a final answer. `done: false` in the score lets the policy go on. */
export function scoredStep(score: AnswerScore | undefined): StepResult {
  const result = typeof score === 'object' && score !== null ? score : { reward: score };
  return { done: true, ...result };
}
