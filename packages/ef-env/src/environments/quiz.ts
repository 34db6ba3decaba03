import { defineEnvironment } from '../episode/defineEnvironment.ts';
import type { Environment } from '../episode/environment.ts';
import { parseAnswer } from '../text/parseAnswer.ts';

export interface QuizTask {
  question: string;
  answer: string;
}

/**
 * One question, one attempt, no feedback: reward 1 if the parsed answer equals the task's, else 0.
 * What GRPO trains on and evaluation asks.
 */
export function quiz(): Environment<QuizTask> {
  return defineEnvironment<QuizTask, QuizTask>({
    name: 'quiz',
    reset: (task) => ({ observation: task.question, state: task }),
    step: (task, action) => ({ reward: parseAnswer(action) === task.answer ? 1 : 0, done: true }),
  });
}
